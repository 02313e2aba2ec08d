-- The quarter-hours that activations' windows cut, as far as their events are
-- still there: without them an activation could not be measured any more.
INSERT INTO kept_quarters (tenant_id, subject_id, quarter)
SELECT @tenant_id, a.subject_id, date_bin('15 minutes', edge, '1970-01-01Z')
FROM activations a CROSS JOIN LATERAL (VALUES (a.start_at), (a.end_at)) AS e (edge)
WHERE a.tenant_id = @tenant_id AND edge >= @since AND edge < @before AND edge <> date_bin('15 minutes', edge, '1970-01-01Z')
ON CONFLICT DO NOTHING
