SELECT visitor_id, subject_id, at, event_id
FROM first_logins
WHERE tenant_id = @tenant_id AND visitor_id = ANY (@visitors::bigint[])
ORDER BY visitor_id
