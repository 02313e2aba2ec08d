SELECT next, coalesce((SELECT next FROM counters WHERE tenant_id = @tenant_id AND name = 'erasure'), 0) AS erasures
FROM counters WHERE tenant_id = @tenant_id AND name = 'identity' FOR UPDATE
