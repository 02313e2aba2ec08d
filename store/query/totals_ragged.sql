-- The ends of ranges that fall inside a quarter-hour, counted from the events
-- themselves, and the partner sessions that start there. Follows totals_cells
-- in the same statement, so that both see one moment.
UNION ALL
SELECT r.n, NULL::date, count(*), 0, 0, NULL, NULL, NULL, NULL, NULL, e.action,
       array_agg(DISTINCT e.session_id) FILTER (WHERE r.sessions AND e.session_id IS NOT NULL),
       array_agg(DISTINCT e.visitor_id) FILTER (WHERE r.visitors AND e.visitor_id IS NOT NULL)
FROM unnest(@ragged_n::int[], @ragged_subjects::bigint[], @ragged_starts::timestamptz[], @ragged_ends::timestamptz[],
            @ragged_sessions::boolean[], @ragged_visitors::boolean[])
         AS r (n, subject_id, start_at, end_at, sessions, visitors)
    CROSS JOIN LATERAL (SELECT action, session_id, visitor_id FROM events
        WHERE tenant_id = @tenant_id AND subject_id = r.subject_id AND at >= r.start_at AND at < r.end_at OFFSET 0) e
GROUP BY r.n, e.action
UNION ALL
SELECT r.n, NULL::date, 0, count(*), sum(extract(epoch FROM s.ended_at - s.started_at) * 1000000)::bigint,
       NULL, NULL, NULL, NULL, NULL, 4, NULL, NULL
FROM unnest(@ragged_n::int[], @ragged_subjects::bigint[], @ragged_starts::timestamptz[], @ragged_ends::timestamptz[])
         AS r (n, subject_id, start_at, end_at)
    CROSS JOIN LATERAL (SELECT DISTINCT coalesce(session_id, visitor_id) AS actor_id FROM events
        WHERE tenant_id = @tenant_id AND subject_id = r.subject_id AND action = 4
            AND at >= r.start_at AND at < r.end_at) a
    CROSS JOIN LATERAL (SELECT started_at, ended_at FROM sessions
        WHERE tenant_id = @tenant_id AND subject_id = r.subject_id AND actor_id = a.actor_id
            AND started_at >= r.start_at AND started_at < r.end_at OFFSET 0) s
GROUP BY r.n
