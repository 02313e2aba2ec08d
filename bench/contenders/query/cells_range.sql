-- The cells of some ranges, by the coarsest buckets that fit: whole months, whole
-- days, the quarter-hours of the days at the ends, and what lies within a
-- quarter-hour from the events. asked (n, subject_id, start_at, end_at, noun) goes before.
, quartered AS (
    SELECT *, date_bin('15 minutes', start_at + interval '899.999999 seconds', '2000-01-01Z') AS q0,
           date_bin('15 minutes', end_at, '2000-01-01Z') AS q1
    FROM asked
), cut AS (
    SELECT n, subject_id, q0, q1, (q0 + interval '86399.999999 seconds')::date AS d0, q1::date AS d1 FROM quartered WHERE q0 < q1
), runs AS (
    SELECT c.n, c.subject_id, v.* FROM (
        SELECT *, date_trunc('month', d0 + interval '1 month' - interval '1 day')::date AS m0, date_trunc('month', d1)::date AS m1 FROM cut
    ) c CROSS JOIN LATERAL (VALUES
        (2, m0, m1, false),
        (1, d0, CASE WHEN m0 < m1 THEN m0 ELSE d1 END, false),
        (1, CASE WHEN m0 < m1 THEN m1 ELSE d1 END, d1, false),
        (1, CASE WHEN q0 < d0 THEN d0 - 1 ELSE d0 END, d0, true),
        (1, d1, CASE WHEN q1 > d1 AND d1 >= d0 THEN d1 + 1 ELSE d1 END, true)
    ) AS v (level, from_day, to_day, edge)
    WHERE v.from_day < v.to_day
)
SELECT r.n, c.action, c.bucket, c.events, c.starts, c.micros, c.sessions, c.visitors,
       CASE WHEN r.edge THEN c.quarters END, CASE WHEN r.edge THEN c.quarter_sets END,
       NULL::bigint[], NULL::bigint[], NULL::timestamptz, NULL::timestamptz, NULL::text
FROM runs r CROSS JOIN unnest($2::smallint[]) AS a (action)
    JOIN cells c ON c.tenant_id = $1 AND c.subject_id = r.subject_id AND c.action = a.action AND c.level = r.level
        AND c.bucket >= r.from_day AND c.bucket < r.to_day
UNION ALL
SELECT r.n, e.action, NULL, count(*), 0, 0, NULL, NULL, NULL, NULL,
       array_agg(DISTINCT e.session_id) FILTER (WHERE e.session_id IS NOT NULL),
       array_agg(DISTINCT e.visitor_id) FILTER (WHERE e.visitor_id IS NOT NULL), NULL, NULL, NULL
FROM quartered r CROSS JOIN LATERAL (VALUES (start_at, least(q0, end_at)), (greatest(q1, q0), end_at)) AS v (from_at, to_at)
    CROSS JOIN LATERAL (SELECT action, session_id, visitor_id FROM events
        WHERE tenant_id = $1 AND subject_id = r.subject_id AND at >= v.from_at AND at < v.to_at OFFSET 0) e
WHERE v.from_at < v.to_at
GROUP BY r.n, e.action
UNION ALL
SELECT r.n, 4, NULL, 0, count(*), sum(extract(epoch FROM s.ended_at - s.started_at) * 1000000)::bigint,
       NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM quartered r CROSS JOIN LATERAL (VALUES (start_at, least(q0, end_at)), (greatest(q1, q0), end_at)) AS v (from_at, to_at)
    CROSS JOIN LATERAL (SELECT DISTINCT coalesce(session_id, visitor_id) AS actor_id FROM events
        WHERE tenant_id = $1 AND subject_id = r.subject_id AND action = 4 AND at >= v.from_at AND at < v.to_at) a
    CROSS JOIN LATERAL (SELECT started_at, ended_at FROM sessions
        WHERE tenant_id = $1 AND subject_id = r.subject_id AND actor_id = a.actor_id
            AND started_at >= v.from_at AND started_at < v.to_at OFFSET 0) s
WHERE v.from_at < v.to_at AND 4 = ANY ($2)
GROUP BY r.n
UNION ALL
SELECT n, 0, NULL, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, q0, q1, noun FROM quartered
