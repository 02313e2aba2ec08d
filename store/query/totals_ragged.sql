-- What these events amount to, and the partner sessions that start there. Follows
-- totals_cells in the same statement, so that both see one moment.
UNION ALL
SELECT n, subject_id, NULL::date, count(*), 0, 0, NULL, NULL, NULL, NULL, NULL, action,
       array_agg(DISTINCT session_id) FILTER (WHERE sessions AND session_id IS NOT NULL),
       array_agg(DISTINCT visitor_id) FILTER (WHERE visitors AND visitor_id IS NOT NULL)
FROM ends
GROUP BY n, subject_id, action
UNION ALL
SELECT e.n, e.subject_id, NULL::date, 0, count(*), sum(extract(epoch FROM s.ended_at - s.started_at) * 1000000)::bigint,
       NULL, NULL, NULL, NULL, NULL, 4, NULL, NULL
FROM (SELECT DISTINCT n, subject_id, start_at, end_at, coalesce(session_id, visitor_id) AS actor_id FROM ends WHERE action = 4) e
    CROSS JOIN LATERAL (SELECT started_at, ended_at FROM sessions
        WHERE tenant_id = @tenant_id AND subject_id = e.subject_id AND actor_id = e.actor_id
            AND started_at >= e.start_at AND started_at < e.end_at OFFSET 0) s
GROUP BY e.n, e.subject_id
