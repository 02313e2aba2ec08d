SELECT json_build_object('activationId', a.activation_id, 'eventKey', a.event_key, 'eventName', a.event_name, 'tier', a.tier,
           'startAt', a.start_at, 'endAt', a.end_at), m.*
FROM activations a CROSS JOIN LATERAL (
    SELECT coalesce(sum(clicks), 0)::bigint, coalesce(sum(outbound), 0)::bigint, coalesce(sum(calendar), 0)::bigint, count(session_id),
           count(session_id) FILTER (WHERE clicks > 0), count(session_id) FILTER (WHERE outbound > 0), count(session_id) FILTER (WHERE calendar > 0)
    FROM (
        SELECT session_id, count(*) FILTER (WHERE action = 1) AS clicks, count(*) FILTER (WHERE action = 2) AS outbound,
               count(*) FILTER (WHERE action = 3) AS calendar
        FROM events WHERE tenant_id = $1 AND subject_id = a.subject_id AND at >= greatest(a.start_at, $3) AND at < least(a.end_at, $4)
        GROUP BY session_id
    ) s
) m
WHERE a.tenant_id = $1 AND a.activation_id = ANY ($2)
ORDER BY a.start_at DESC, a.activation_id DESC
