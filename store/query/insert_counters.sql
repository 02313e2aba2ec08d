INSERT INTO counters (tenant_id, name, next)
SELECT @tenant_id, name, 1
FROM unnest(ARRAY ['identity', 'subject', 'campaign']) AS name
