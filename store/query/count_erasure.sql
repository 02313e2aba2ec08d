INSERT INTO counters (tenant_id, name, next)
VALUES (@tenant_id, 'erasure', 1)
ON CONFLICT (tenant_id, name) DO UPDATE SET next = counters.next + 1
