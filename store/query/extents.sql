-- The first and the last day with cells of each subject, with their
-- quarter-hours. A day on which an audience only leaves has none.
SELECT i.n, e.bucket, e.quarters
FROM unnest(@n::int[], @subjects::bigint[]) AS i (n, subject_id)
    JOIN LATERAL (SELECT min(bucket) AS first, max(bucket) AS last FROM cells
        WHERE tenant_id = @tenant_id AND subject_id = i.subject_id AND level = 1 AND quarters IS NOT NULL) b ON true
    JOIN cells e ON e.tenant_id = @tenant_id AND e.subject_id = i.subject_id AND e.level = 1
        AND e.bucket IN (b.first, b.last)
ORDER BY i.n, e.bucket
