WITH views AS (
    SELECT subject_id, count(*) AS views FROM events WHERE tenant_id = $1 AND action = 4 AND at >= $2 AND at < $3 GROUP BY subject_id
), visits AS (
    SELECT subject_id, count(*) AS sessions, sum(extract(epoch FROM ended_at - started_at) * 1000000)::bigint AS micros
    FROM sessions WHERE tenant_id = $1 AND started_at >= $2 AND started_at < $3 GROUP BY subject_id
), top AS (
    SELECT p.*, coalesce(views, 0) AS views, coalesce(sessions, 0) AS sessions, coalesce(micros, 0) AS micros
    FROM partners p LEFT JOIN views USING (subject_id) LEFT JOIN visits USING (subject_id)
    WHERE p.tenant_id = $1
    ORDER BY sessions DESC NULLS LAST, views DESC NULLS LAST, p.name LIMIT 20
)
SELECT json_build_object('uuid', partner_uuid, 'name', name, 'partnerType', partner_type), u.users, sessions, views, micros
FROM top CROSS JOIN LATERAL (
    SELECT count(*) AS users FROM (SELECT FROM events
        WHERE tenant_id = $1 AND subject_id = top.subject_id AND action = 4 AND at >= $2 AND at < $3 GROUP BY visitor_id) v
) u
ORDER BY sessions DESC, views DESC, users DESC, name
