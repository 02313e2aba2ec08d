-- The sessions that a visitor's events name, as far as events are kept.
SELECT DISTINCT session_id FROM events
WHERE tenant_id = @tenant_id AND visitor_id = @visitor_id AND session_id IS NOT NULL
ORDER BY session_id
