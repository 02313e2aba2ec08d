-- A session that began between the old horizon and the new one, and may go on after
-- it, belongs to the dimensions of its first page view, whose event goes: they move
-- to the session.
UPDATE sessions s
SET origin = v.origin
FROM (SELECT DISTINCT ON (o.subject_id, o.actor_id, o.started_at) o.subject_id, o.actor_id, o.started_at,
          ARRAY [e.source, e.medium, e.campaign_tag, e.referrer, e.path, e.country, e.device] AS origin
      FROM sessions o JOIN events e ON e.tenant_id = @tenant_id AND e.subject_id = o.subject_id AND e.at = o.started_at
          AND e.action = 4 AND coalesce(e.session_id, e.visitor_id) = o.actor_id
      WHERE o.tenant_id = @tenant_id AND o.started_at >= @since AND o.started_at < @before AND o.origin IS NULL
          AND (e.session_id IS NOT NULL OR o.ended_at > @before - interval '30 minutes')
      ORDER BY o.subject_id, o.actor_id, o.started_at, e.id COLLATE "C") v
WHERE s.tenant_id = @tenant_id AND s.subject_id = v.subject_id AND s.actor_id = v.actor_id AND s.started_at = v.started_at
    AND cardinality(array_remove(v.origin, NULL)) > 0
