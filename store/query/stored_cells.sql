SELECT subject_id, bucket, action, level, events, starts, micros, sessions, visitors, quarters, quarter_sets, steps, facets, watched
FROM cells
WHERE tenant_id = @tenant_id AND subject_id = @subject_id
ORDER BY action, level, bucket, seq
