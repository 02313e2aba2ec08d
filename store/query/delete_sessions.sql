DELETE FROM sessions s
USING unnest(@subjects::bigint[], @actors::bigint[], @starts::timestamptz[]) AS i (subject_id, actor_id, started_at)
WHERE s.tenant_id = @tenant_id AND s.subject_id = i.subject_id AND s.actor_id = i.actor_id AND s.started_at = i.started_at
