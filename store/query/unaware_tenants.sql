-- Tenants that may still record events of before an instant. (All tenants are asked
-- about: a partition is all tenants'.)
SELECT t.tenant_id
FROM tenants t
WHERE NOT EXISTS (SELECT FROM horizons h WHERE h.tenant_id = t.tenant_id AND h.events_from >= @before)
ORDER BY t.tenant_id
