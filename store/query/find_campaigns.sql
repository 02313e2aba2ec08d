SELECT c.campaign_id, c.campaign_key, t.access_key, c.title, c.scheduled_at, c.started_at, c.ended_at, c.subject_id
FROM campaigns c JOIN tenants t ON t.tenant_id = c.tenant_id
WHERE c.tenant_id = @tenant_id AND c.campaign_key = ANY (@keys::text[])
ORDER BY c.campaign_key
