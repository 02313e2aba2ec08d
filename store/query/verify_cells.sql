-- What the cells of a subject should hold, counted from its events alone, at
-- every level. What was watched until the horizon is as stored. The sessions are those cut from verify_visits and verify_named; the logins are the
-- instants of first logins at the subject, found by verify_first_logins.
WITH raw AS (
    SELECT at, action, session_id, visitor_id, logged_in, at + seconds * interval '1 second' AS until
    FROM events
    WHERE tenant_id = @tenant_id AND subject_id = @subject_id AND at >= @since
), watched AS ( -- viewers' merged intervals
    SELECT visitor_id, unnest(range_agg(span)) AS span
    FROM (SELECT visitor_id, tstzrange(at, until) AS span FROM raw WHERE action = 5
          UNION ALL
          SELECT visitor_id, span FROM viewers, unnest(watched) AS span
          WHERE tenant_id = @tenant_id AND subject_id = @subject_id AND lower(span) < @since) w
    GROUP BY visitor_id
), entries AS (
    SELECT action, at, 1 AS events, 0 AS starts, 0::bigint AS micros, session_id, visitor_id FROM raw
    UNION ALL
    SELECT 4, started_at, 0, 1, (extract(epoch FROM ended_at - started_at) * 1000000)::bigint, NULL, NULL
    FROM unnest(@started::timestamptz[], @ended::timestamptz[]) AS s (started_at, ended_at)
    UNION ALL
    SELECT 5, q, 0, 0,
        (extract(epoch FROM least(upper(span), q + interval '15 minutes') - greatest(lower(span), q)) * 1000000)::bigint,
        NULL, visitor_id
    FROM watched, generate_series(date_bin('15 minutes', lower(span), '1970-01-01Z'), upper(span) - interval '1 microsecond',
                                  interval '15 minutes') q
    UNION ALL
    SELECT DISTINCT 10, q, 0, 0, 0::bigint, NULL::bigint, visitor_id
    FROM raw, generate_series(date_bin('15 minutes', at, '1970-01-01Z'), until - interval '1 microsecond', interval '15 minutes') q
    WHERE action = 5 AND logged_in
    UNION ALL
    SELECT 10, at, 0, 1, 0, NULL, NULL FROM unnest(@logins::timestamptz[]) at
)
SELECT b.level, e.action, b.bucket, sum(e.events)::bigint, sum(e.starts)::bigint, sum(e.micros)::bigint,
    array_agg(DISTINCT e.session_id ORDER BY e.session_id) FILTER (WHERE e.session_id IS NOT NULL),
    array_agg(DISTINCT e.visitor_id ORDER BY e.visitor_id) FILTER (WHERE e.visitor_id IS NOT NULL)
FROM entries e, LATERAL (VALUES (0, date_bin('15 minutes', e.at, '1970-01-01Z')),
                                (1, date_trunc('day', e.at, 'UTC')),
                                (2, date_trunc('month', e.at, 'UTC'))) AS b (level, bucket)
GROUP BY b.level, e.action, b.bucket
ORDER BY b.level, e.action, b.bucket
