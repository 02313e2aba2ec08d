-- Bounds are given where nothing is asked for: an index keeps to them.
SELECT activation_id, subject_id, event_key, event_name, tier, status, start_at, end_at
FROM activations
WHERE tenant_id = @tenant_id
    AND (start_at, activation_id) < (@before_at::timestamptz, @before_id::text)
    AND start_at <= @started::timestamptz AND end_at > @ended::timestamptz
    AND (@event_keys::text[] IS NULL OR event_key IN (SELECT unnest(@event_keys::text[])))
    AND (@tiers::text[] IS NULL OR tier IN (SELECT unnest(@tiers::text[])))
    AND (@statuses::text[] IS NULL OR status IN (SELECT unnest(@statuses::text[])))
ORDER BY start_at DESC, activation_id DESC
LIMIT @most
