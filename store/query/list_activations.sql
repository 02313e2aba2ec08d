SELECT activation_id, subject_id, event_key, event_name, tier, status, start_at, end_at
FROM activations
WHERE tenant_id = @tenant_id
    AND (@event_keys::text[] IS NULL OR event_key = ANY (@event_keys))
    AND (@tiers::text[] IS NULL OR tier = ANY (@tiers))
    AND (@statuses::text[] IS NULL OR status = ANY (@statuses))
    AND (@active_at::timestamptz IS NULL OR start_at <= @active_at AND end_at > @active_at)
    AND (@after_at::timestamptz IS NULL OR (start_at, activation_id) < (@after_at, @after_id))
ORDER BY start_at DESC, activation_id DESC
LIMIT @most
