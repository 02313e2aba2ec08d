-- The joins and leaves of a campaign's audience, and how many watch from then on.
-- What was watched until the horizon is as stored.
WITH watched AS (
    SELECT unnest(range_agg(span)) AS span
    FROM (SELECT visitor_id, tstzrange(at, at + seconds * interval '1 second') AS span FROM events
          WHERE tenant_id = @tenant_id AND subject_id = @subject_id AND action = 5 AND at >= @since
          UNION ALL
          SELECT visitor_id, span FROM viewers, unnest(watched) AS span
          WHERE tenant_id = @tenant_id AND subject_id = @subject_id AND lower(span) < @since) w
    GROUP BY visitor_id
)
SELECT at, sum(delta)::bigint AS delta, sum(sum(delta)) OVER (ORDER BY at)::bigint AS watching
FROM watched, LATERAL (VALUES (lower(span), 1), (upper(span), -1)) AS s (at, delta)
GROUP BY at
HAVING sum(delta) <> 0
ORDER BY at
