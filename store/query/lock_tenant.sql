SELECT FROM counters WHERE tenant_id = @tenant_id AND name = 'identity' FOR UPDATE
