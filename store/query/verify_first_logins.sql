-- Each viewer's first logged in view, as events say and as stored. Of two at one
-- instant the one with the smaller id, by its bytes, is the first. Those before the
-- horizon are as stored.
SELECT coalesce(e.visitor_id, f.visitor_id) AS visitor_id, e.subject_id, e.at, e.id, f.subject_id, f.at, f.event_id
FROM (SELECT DISTINCT ON (visitor_id) visitor_id, subject_id, at, id FROM events
      WHERE tenant_id = @tenant_id AND action = 5 AND logged_in AND at >= @since
      ORDER BY visitor_id, at, id COLLATE "C") e
    FULL JOIN (SELECT visitor_id, subject_id, at, event_id FROM first_logins WHERE tenant_id = @tenant_id) f
        ON f.visitor_id = e.visitor_id
WHERE f.at >= @since OR f.at IS NULL
ORDER BY 1
