-- How the tenant's dictionary stands, and the key that its words are hashed under. A
-- statement of its own after lock_tenant: one that waited for the lock would see
-- other rows as they were before it.
SELECT c.next, coalesce((SELECT next FROM counters WHERE tenant_id = @tenant_id AND name = 'erasure'), 0) AS erasures, t.identity_key
FROM counters c
    JOIN tenants t ON t.tenant_id = c.tenant_id
WHERE c.tenant_id = @tenant_id AND c.name = 'identity'
