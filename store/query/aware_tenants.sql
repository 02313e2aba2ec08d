-- Tenants that record no events of before an instant any more. (All tenants are asked
-- about: a partition is all tenants'.)
SELECT tenant_id FROM horizons WHERE events_from >= @before ORDER BY tenant_id
