SELECT actor_id, started_at, ended_at, views
FROM sessions
WHERE tenant_id = @tenant_id AND subject_id = @subject_id
ORDER BY actor_id, started_at
