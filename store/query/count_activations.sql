SELECT count(*)
FROM activations
WHERE tenant_id = @tenant_id
    AND start_at <= @started::timestamptz AND end_at > @ended::timestamptz
    AND (@event_keys::text[] IS NULL OR event_key IN (SELECT unnest(@event_keys::text[])))
    AND (@tiers::text[] IS NULL OR tier IN (SELECT unnest(@tiers::text[])))
    AND (@statuses::text[] IS NULL OR status IN (SELECT unnest(@statuses::text[])))
