DELETE FROM events
WHERE tenant_id = @tenant_id AND (visitor_id IN (SELECT unnest(@ids::bigint[]))
    OR session_id IN (SELECT unnest(@ids::bigint[])) AND (@whole_sessions OR visitor_id IS NULL))
