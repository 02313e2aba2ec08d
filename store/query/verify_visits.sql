-- A partner's page views outside sessions that clients name, actor by actor. Those of
-- sessions that were not over by the horizon are given.
SELECT DISTINCT visitor_id AS actor_id, at
FROM (SELECT visitor_id, at FROM events
      WHERE tenant_id = @tenant_id AND subject_id = @subject_id AND action = 4 AND at >= @since AND session_id IS NULL
      UNION ALL
      SELECT actor_id, at FROM unnest(@open_actors::bigint[], @open_views::timestamptz[]) AS o (actor_id, at)) v
ORDER BY actor_id, at
