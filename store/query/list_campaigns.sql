SELECT c.campaign_id, c.campaign_key, t.access_key, c.title, c.scheduled_at, c.started_at, c.ended_at, c.subject_id
FROM campaigns c JOIN tenants t ON t.tenant_id = c.tenant_id
WHERE c.tenant_id = @tenant_id
    AND (@from_at::timestamptz IS NULL OR c.scheduled_at >= @from_at AND c.scheduled_at < @to_at)
    AND (@keys::text[] IS NULL OR c.campaign_key = ANY (@keys))
    AND (@after_at::timestamptz IS NULL OR (c.scheduled_at, c.campaign_id) < (@after_at, @after_id::bigint))
ORDER BY c.scheduled_at DESC, c.campaign_id DESC
LIMIT @most
