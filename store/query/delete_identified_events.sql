DELETE FROM events
WHERE tenant_id = @tenant_id AND (visitor_id = ANY (@ids::bigint[])
    OR session_id = ANY (@ids::bigint[]) AND (@whole_sessions OR visitor_id IS NULL))
