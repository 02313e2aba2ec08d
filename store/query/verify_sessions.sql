-- What the sessions of a partner should be, cut from its page views alone. A
-- session that its client named keeps no views but the first and the last. Sessions
-- that began before the horizon are left out: the page views of those that were not
-- over by then are given, and whatever a client named so is theirs.
WITH RECURSIVE raw AS (
    SELECT at, session_id, visitor_id FROM events
    WHERE tenant_id = @tenant_id AND subject_id = @subject_id AND action = 4 AND at >= @since
    UNION ALL
    SELECT at, NULL, actor_id FROM unnest(@open_actors::bigint[], @open_views::timestamptz[]) AS o (actor_id, at)
), visits AS ( -- page views with the number of pauses before them
    SELECT visitor_id, at, count(*) FILTER (WHERE pause) OVER (PARTITION BY visitor_id ORDER BY at) AS island
    FROM (SELECT visitor_id, at, at - lag(at) OVER (PARTITION BY visitor_id ORDER BY at) >= interval '30 minutes' AS pause
          FROM (SELECT DISTINCT visitor_id, at FROM raw WHERE session_id IS NULL) d) p
), cut AS ( -- each run of views without a pause, cut at the session limit
    SELECT visitor_id, array_agg(at ORDER BY at) AS views, min(at) AS started_at FROM visits GROUP BY visitor_id, island
    UNION ALL
    SELECT visitor_id, views, (SELECT min(v) FROM unnest(views) v WHERE v >= started_at + interval '4 hours') FROM cut
    WHERE views[cardinality(views)] >= started_at + interval '4 hours'
)
SELECT visitor_id AS actor_id,
    (SELECT array_agg(v ORDER BY v) FROM unnest(views) v WHERE v >= started_at AND v < started_at + interval '4 hours') AS views
FROM cut
UNION ALL
SELECT session_id, CASE WHEN min(at) < max(at) THEN ARRAY [min(at), max(at)] ELSE ARRAY [min(at)] END
FROM raw r
WHERE session_id IS NOT NULL AND NOT EXISTS (SELECT FROM sessions s WHERE s.tenant_id = @tenant_id AND s.subject_id = @subject_id
    AND s.actor_id = r.session_id AND s.started_at < @since)
GROUP BY session_id
ORDER BY actor_id, views
