-- Viewers whose watched time is not the union of what their events say, and until
-- the horizon of what is stored.
SELECT coalesce(v.visitor_id, e.visitor_id) AS visitor_id, v.watched::text, e.watched::text
FROM (SELECT visitor_id, watched FROM viewers WHERE tenant_id = @tenant_id AND subject_id = @subject_id) v
    FULL JOIN (SELECT visitor_id, range_agg(span) AS watched
               FROM (SELECT visitor_id, tstzrange(at, at + seconds * interval '1 second') AS span FROM events
                     WHERE tenant_id = @tenant_id AND subject_id = @subject_id AND action = 5 AND at >= @since
                     UNION ALL
                     SELECT visitor_id, span FROM viewers, unnest(watched) AS span
                     WHERE tenant_id = @tenant_id AND subject_id = @subject_id AND lower(span) < @since) w
               GROUP BY visitor_id) e ON e.visitor_id = v.visitor_id
WHERE v.watched IS DISTINCT FROM e.watched
ORDER BY 1
LIMIT @most
