SELECT count(*)
FROM campaigns
WHERE tenant_id = @tenant_id
    AND scheduled_at >= @from_at::timestamptz AND scheduled_at < @to_at::timestamptz
    AND (@keys::text[] IS NULL OR campaign_key IN (SELECT unnest(@keys::text[])))
