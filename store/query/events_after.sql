-- A tenant's events in the order of their key, after the one given.
SELECT at, id, subject_id, session_id, visitor_id, seconds, action, logged_in,
    source, medium, campaign_tag, referrer, path, country, device
FROM events
WHERE tenant_id = @tenant_id AND at >= @at AND (at, id) > (@at::timestamptz, @id::text)
ORDER BY at, id
LIMIT @most
