WITH asked AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY scheduled_at DESC, campaign_id DESC) AS n, subject_id,
           json_build_object('campaignKey', campaign_key, 'title', title, 'scheduledAt', scheduled_at)::text AS noun
    FROM campaigns WHERE tenant_id = $1 AND scheduled_at >= $2 AND scheduled_at < $3
)
SELECT a.n, c.action, NULL::date, c.events, c.starts, c.micros, c.visitors, NULL::bytea, NULL::text
FROM asked a JOIN cells c ON c.tenant_id = $1 AND c.subject_id = a.subject_id AND c.action BETWEEN 5 AND 10 AND c.level = 2
UNION ALL
SELECT a.n, c.action, c.bucket, 0, 0, 0, NULL, c.steps, NULL
FROM asked a JOIN cells c ON c.tenant_id = $1 AND c.subject_id = a.subject_id AND c.action = 5 AND c.level = 1
UNION ALL
SELECT n, 0, NULL, 0, 0, 0, NULL, NULL, noun FROM asked
