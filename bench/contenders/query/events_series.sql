WITH asked AS MATERIALIZED (
    SELECT subject_id FROM partners WHERE tenant_id = $1 AND partner_uuid = $2
), views AS (
    SELECT day, sum(n)::bigint AS views, count(*) AS users FROM (
        SELECT (e.at AT TIME ZONE $5)::date AS day, e.visitor_id, count(*) AS n
        FROM asked a JOIN events e ON e.tenant_id = $1 AND e.subject_id = a.subject_id AND e.action = 4 AND e.at >= $3 AND e.at < $4
        GROUP BY 1, 2
    ) v GROUP BY day
), visits AS (
    SELECT (s.started_at AT TIME ZONE $5)::date AS day, count(*) AS sessions,
           sum(extract(epoch FROM s.ended_at - s.started_at) * 1000000)::bigint AS micros
    FROM asked a JOIN sessions s ON s.tenant_id = $1 AND s.subject_id = a.subject_id AND s.started_at >= $3 AND s.started_at < $4
    GROUP BY 1
)
SELECT coalesce(users, 0), coalesce(sessions, 0), coalesce(views, 0), coalesce(micros, 0)
FROM generate_series(($3::timestamptz AT TIME ZONE $5)::date, ($4::timestamptz AT TIME ZONE $5)::date - 1, interval '1 day') AS d (day)
    LEFT JOIN views ON views.day = d.day::date LEFT JOIN visits ON visits.day = d.day::date
ORDER BY d.day
