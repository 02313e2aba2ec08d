-- How many events of each action bear one of the numbers, and at how many subjects.
-- An event of a visitor's session that names another visitor is that one's.
SELECT action, count(*), count(DISTINCT subject_id)
FROM events
WHERE tenant_id = @tenant_id AND (visitor_id IN (SELECT unnest(@ids::bigint[]))
    OR session_id IN (SELECT unnest(@ids::bigint[])) AND (@whole_sessions OR visitor_id IS NULL))
GROUP BY action
ORDER BY action
