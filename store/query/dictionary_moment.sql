-- How the tenant's dictionary stands. A statement of its own after lock_tenant: one
-- that waited for the lock would see other rows as they were before it.
SELECT next, coalesce((SELECT next FROM counters WHERE tenant_id = @tenant_id AND name = 'erasure'), 0) AS erasures
FROM counters WHERE tenant_id = @tenant_id AND name = 'identity'
