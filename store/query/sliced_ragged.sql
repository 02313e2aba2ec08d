-- The ends of ranges that fall inside a quarter-hour, counted from the events
-- themselves by their dimensions: what happened, the partner sessions that start
-- there, who watched logged in, and who did for the first time. Follows
-- sliced_cells in the same statement, so that both see one moment.
UNION ALL
SELECT r.n, NULL::date, count(*), 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, e.action,
       array_agg(DISTINCT e.session_id) FILTER (WHERE r.sessions AND e.session_id IS NOT NULL),
       array_agg(DISTINCT e.visitor_id) FILTER (WHERE r.visitors AND e.visitor_id IS NOT NULL),
       e.source, e.medium, e.campaign_tag, e.referrer, e.path, e.country, e.device
FROM unnest(@ragged_n::int[], @ragged_subjects::bigint[], @ragged_starts::timestamptz[], @ragged_ends::timestamptz[],
            @ragged_sessions::boolean[], @ragged_visitors::boolean[])
         AS r (n, subject_id, start_at, end_at, sessions, visitors)
    CROSS JOIN LATERAL (SELECT action, session_id, visitor_id, source, medium, campaign_tag, referrer, path, country, device
        FROM events
        WHERE tenant_id = @tenant_id AND subject_id = r.subject_id AND at >= r.start_at AND at < r.end_at
            AND (at >= @early_from AND at < @early_to OR at >= @late_from AND at < @late_to) OFFSET 0) e
GROUP BY r.n, e.action, e.source, e.medium, e.campaign_tag, e.referrer, e.path, e.country, e.device
UNION ALL
SELECT r.n, NULL::date, 0, 1, (extract(epoch FROM s.ended_at - s.started_at) * 1000000)::bigint,
       NULL, NULL, NULL, NULL, NULL, NULL, 4, NULL, NULL,
       v.source, v.medium, v.campaign_tag, v.referrer, v.path, v.country, v.device
FROM unnest(@ragged_n::int[], @ragged_subjects::bigint[], @ragged_starts::timestamptz[], @ragged_ends::timestamptz[])
         AS r (n, subject_id, start_at, end_at)
    CROSS JOIN LATERAL (SELECT DISTINCT coalesce(session_id, visitor_id) AS actor_id FROM events
        WHERE tenant_id = @tenant_id AND subject_id = r.subject_id AND action = 4
            AND at >= r.start_at AND at < r.end_at
            AND (at >= @early_from AND at < @early_to OR at >= @late_from AND at < @late_to)) a
    CROSS JOIN LATERAL (SELECT started_at, ended_at FROM sessions
        WHERE tenant_id = @tenant_id AND subject_id = r.subject_id AND actor_id = a.actor_id
            AND started_at >= r.start_at AND started_at < r.end_at OFFSET 0) s
    CROSS JOIN LATERAL (SELECT source, medium, campaign_tag, referrer, path, country, device FROM events
        WHERE tenant_id = @tenant_id AND subject_id = r.subject_id AND action = 4 AND at = s.started_at
            AND coalesce(session_id, visitor_id) = a.actor_id
            AND (at >= @early_from AND at < @early_to OR at >= @late_from AND at < @late_to)
        ORDER BY id COLLATE "C" LIMIT 1) v
UNION ALL
SELECT r.n, NULL::date, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 10, NULL,
       array_agg(DISTINCT e.visitor_id) FILTER (WHERE r.visitors),
       e.source, e.medium, e.campaign_tag, e.referrer, e.path, e.country, e.device
FROM unnest(@ragged_n::int[], @ragged_subjects::bigint[], @ragged_starts::timestamptz[], @ragged_ends::timestamptz[],
            @ragged_visitors::boolean[])
         AS r (n, subject_id, start_at, end_at, visitors)
    CROSS JOIN LATERAL (SELECT visitor_id, source, medium, campaign_tag, referrer, path, country, device FROM events
        WHERE tenant_id = @tenant_id AND subject_id = r.subject_id AND action = 5 AND logged_in
            AND at > r.start_at - interval '86400 seconds' AND at < r.end_at
            AND at + seconds * interval '1 second' > r.start_at
            AND (at >= @early_from AND at < @early_to OR at >= @late_from AND at < @late_to) OFFSET 0) e
GROUP BY r.n, e.source, e.medium, e.campaign_tag, e.referrer, e.path, e.country, e.device
UNION ALL
SELECT r.n, NULL::date, 0, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, 10, NULL, NULL,
       e.source, e.medium, e.campaign_tag, e.referrer, e.path, e.country, e.device
FROM unnest(@ragged_n::int[], @ragged_subjects::bigint[], @ragged_starts::timestamptz[], @ragged_ends::timestamptz[])
         AS r (n, subject_id, start_at, end_at)
    CROSS JOIN LATERAL (SELECT at, id, visitor_id, source, medium, campaign_tag, referrer, path, country, device FROM events
        WHERE tenant_id = @tenant_id AND subject_id = r.subject_id AND action = 5 AND logged_in
            AND at >= r.start_at AND at < r.end_at
            AND (at >= @early_from AND at < @early_to OR at >= @late_from AND at < @late_to) OFFSET 0) e
    CROSS JOIN LATERAL (SELECT FROM first_logins
        WHERE tenant_id = @tenant_id AND visitor_id = e.visitor_id AND subject_id = r.subject_id
            AND at = e.at AND event_id = e.id OFFSET 0) f
