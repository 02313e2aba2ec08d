-- A tenant's events by time, of one instant by the bytes of their ids, after the one
-- given: a session's first page view comes before all that it is the first of.
SELECT at, id, subject_id, session_id, visitor_id, seconds, action, logged_in,
    source, medium, campaign_tag, referrer, path, country, device
FROM events
WHERE tenant_id = @tenant_id AND at >= @at AND (at > @at OR id COLLATE "C" > @id)
ORDER BY at, id COLLATE "C"
LIMIT @most
