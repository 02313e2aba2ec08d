-- The sessions of a partner that clients name: each keeps no views but the first and the
-- last. What is named as a session that began before the horizon is that one's.
SELECT session_id AS actor_id, min(at), max(at)
FROM events e
WHERE tenant_id = @tenant_id AND subject_id = @subject_id AND action = 4 AND at >= @since AND session_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM sessions s WHERE s.tenant_id = @tenant_id AND s.subject_id = @subject_id
        AND s.actor_id = e.session_id AND s.started_at < @since)
GROUP BY session_id
ORDER BY actor_id
