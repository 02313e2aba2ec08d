-- All tenants' at once: the drainer serves the whole gateway. (tenant_id is in the row.)
SELECT tenant_id, seq, topics FROM outbox ORDER BY tenant_id, seq LIMIT @most
