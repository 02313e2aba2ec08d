WITH asked AS MATERIALIZED (
    SELECT * FROM campaigns WHERE tenant_id = $1 AND scheduled_at >= $2 AND scheduled_at < $3
), watching AS MATERIALIZED (
    SELECT a.subject_id, e.visitor_id, range_agg(tstzrange(e.at, e.at + e.seconds * interval '1 second')) AS watched, bool_or(e.logged_in) AS logged_in
    FROM asked a JOIN events e ON e.tenant_id = $1 AND e.subject_id = a.subject_id AND e.action = 5
    GROUP BY a.subject_id, e.visitor_id
), spans AS MATERIALIZED (
    SELECT subject_id, unnest(watched) AS span FROM watching
), peaks AS (
    SELECT subject_id, max(level) AS peak FROM (
        SELECT subject_id, sum(sum(delta)) OVER (PARTITION BY subject_id ORDER BY at) AS level FROM (
            SELECT subject_id, lower(span) AS at, 1 AS delta FROM spans UNION ALL SELECT subject_id, upper(span), -1 FROM spans
        ) steps GROUP BY subject_id, at
    ) levels GROUP BY subject_id
), times AS (
    SELECT subject_id, sum(extract(epoch FROM upper(span) - lower(span)) * 1000000)::bigint AS micros FROM spans GROUP BY subject_id
), viewers AS (
    SELECT subject_id, count(*) AS viewers, count(*) FILTER (WHERE logged_in) AS logins FROM watching GROUP BY subject_id
), acts AS (
    SELECT subject_id, sum(n) FILTER (WHERE action = 6) AS likes, count(*) FILTER (WHERE action = 6) AS likers,
           sum(n) FILTER (WHERE action = 7) AS chats, count(*) FILTER (WHERE action = 7) AS chatters,
           sum(n) FILTER (WHERE action = 8) AS products, count(*) FILTER (WHERE action = 8) AS shoppers,
           sum(n) FILTER (WHERE action = 9) AS banners
    FROM (SELECT a.subject_id, e.action, e.visitor_id, count(*) AS n
          FROM asked a JOIN events e ON e.tenant_id = $1 AND e.subject_id = a.subject_id AND e.action BETWEEN 6 AND 9
          GROUP BY a.subject_id, e.action, e.visitor_id) v
    GROUP BY subject_id
), firsts AS (
    SELECT a.subject_id, count(f.visitor_id) AS firsts
    FROM asked a JOIN watching w ON w.subject_id = a.subject_id AND w.logged_in
        JOIN first_logins f ON f.tenant_id = $1 AND f.visitor_id = w.visitor_id AND f.subject_id = a.subject_id
    GROUP BY a.subject_id
)
SELECT json_build_object('campaignKey', campaign_key, 'title', title, 'scheduledAt', scheduled_at),
       coalesce(viewers, 0), coalesce(logins, 0), coalesce(peak, 0)::bigint, coalesce(firsts, 0), coalesce(micros, 0),
       coalesce(likes, 0)::bigint, coalesce(likers, 0), coalesce(chats, 0)::bigint, coalesce(chatters, 0),
       coalesce(products, 0)::bigint, coalesce(shoppers, 0), coalesce(banners, 0)::bigint
FROM asked LEFT JOIN viewers USING (subject_id) LEFT JOIN peaks USING (subject_id) LEFT JOIN times USING (subject_id)
    LEFT JOIN acts USING (subject_id) LEFT JOIN firsts USING (subject_id)
ORDER BY scheduled_at DESC, campaign_id DESC
