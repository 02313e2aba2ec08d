-- Viewers whose watched time is not the union of what their events say.
SELECT coalesce(v.visitor_id, e.visitor_id) AS visitor_id, v.watched::text, e.watched::text
FROM (SELECT visitor_id, watched FROM viewers WHERE tenant_id = @tenant_id AND subject_id = @subject_id) v
    FULL JOIN (SELECT visitor_id, range_agg(tstzrange(at, at + seconds * interval '1 second')) AS watched
               FROM events WHERE tenant_id = @tenant_id AND subject_id = @subject_id AND action = 5
               GROUP BY visitor_id) e ON e.visitor_id = v.visitor_id
WHERE v.watched IS DISTINCT FROM e.watched
ORDER BY 1
LIMIT @most
