-- Bounds are given where nothing is asked for: an index keeps to them.
SELECT c.campaign_id, c.campaign_key, t.access_key, c.title, c.scheduled_at, c.started_at, c.ended_at, c.subject_id
FROM campaigns c JOIN tenants t ON t.tenant_id = c.tenant_id
WHERE c.tenant_id = @tenant_id
    AND (c.scheduled_at, c.campaign_id) < (@before_at::timestamptz, @before_id::bigint)
    AND c.scheduled_at >= @from_at::timestamptz AND c.scheduled_at < @to_at::timestamptz
    AND (@keys::text[] IS NULL OR c.campaign_key IN (SELECT unnest(@keys::text[])))
ORDER BY c.scheduled_at DESC, c.campaign_id DESC
LIMIT @most
