-- The buckets that more than one row holds, in the order of their keys, after
-- the key given.
SELECT subject_id, action, level, bucket, array_agg(seq) AS seqs
FROM cells
WHERE tenant_id = @tenant_id
    AND (subject_id, action, level, bucket) > (@subject_id::bigint, @action::smallint, @level::smallint, @bucket::date)
GROUP BY subject_id, action, level, bucket
HAVING count(*) > 1
ORDER BY subject_id, action, level, bucket
LIMIT @most
