-- What the cells of a subject should hold by the dimensions of its events, at
-- every level. The sessions are those cut from verify_visits and verify_named, each with the dimensions
-- of its first page view; the logins are first logins at the subject.
WITH raw AS (
    SELECT at, id, action, session_id, visitor_id, logged_in, at + seconds * interval '1 second' AS until,
        coalesce(source, '') AS source, coalesce(medium, '') AS medium, coalesce(campaign_tag, '') AS campaign_tag,
        coalesce(referrer, '') AS referrer, coalesce(path, '') AS path, coalesce(country, '') AS country, coalesce(device, '') AS device
    FROM events
    WHERE tenant_id = @tenant_id AND subject_id = @subject_id AND at >= @since
), entries AS (
    SELECT action, at, 1 AS events, 0 AS starts, 0::bigint AS micros, CASE WHEN action <> 5 THEN session_id END AS session_id,
        CASE WHEN action <> 5 THEN visitor_id END AS visitor_id, source, medium, campaign_tag, referrer, path, country, device
    FROM raw
    UNION ALL
    (SELECT DISTINCT ON (s.actor_id, s.started_at) 4, s.started_at, 0, 1,
        (extract(epoch FROM s.ended_at - s.started_at) * 1000000)::bigint, NULL::bigint, NULL::bigint,
        source, medium, campaign_tag, referrer, path, country, device
    FROM unnest(@started::timestamptz[], @ended::timestamptz[], @actors::bigint[]) AS s (started_at, ended_at, actor_id)
        JOIN raw r ON r.action = 4 AND r.at = s.started_at AND coalesce(r.session_id, r.visitor_id) = s.actor_id
    ORDER BY s.actor_id, s.started_at, r.id COLLATE "C")
    UNION ALL
    SELECT DISTINCT 10, q, 0, 0, 0::bigint, NULL::bigint, visitor_id, source, medium, campaign_tag, referrer, path, country, device
    FROM raw, generate_series(date_bin('15 minutes', at, '1970-01-01Z'), until - interval '1 microsecond', interval '15 minutes') q
    WHERE action = 5 AND logged_in
    UNION ALL
    SELECT 10, r.at, 0, 1, 0, NULL, NULL, source, medium, campaign_tag, referrer, path, country, device
    FROM unnest(@logins::timestamptz[], @login_ids::text[]) AS l (at, id) JOIN raw r ON r.at = l.at AND r.id = l.id
)
SELECT b.level, e.action, b.bucket, sum(e.events)::bigint, sum(e.starts)::bigint, sum(e.micros)::bigint,
    array_agg(DISTINCT e.session_id ORDER BY e.session_id) FILTER (WHERE e.session_id IS NOT NULL),
    array_agg(DISTINCT e.visitor_id ORDER BY e.visitor_id) FILTER (WHERE e.visitor_id IS NOT NULL),
    source, medium, campaign_tag, referrer, path, country, device
FROM entries e, LATERAL (VALUES (0, date_bin('15 minutes', e.at, '1970-01-01Z')),
                                (1, date_trunc('day', e.at, 'UTC')),
                                (2, date_trunc('month', e.at, 'UTC'))) AS b (level, bucket)
GROUP BY b.level, e.action, b.bucket, source, medium, campaign_tag, referrer, path, country, device
ORDER BY b.level, e.action, b.bucket
