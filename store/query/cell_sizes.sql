-- How many bytes rows hold, as they lie in memory; nothing is read of them.
SELECT c.seq, coalesce(octet_length(c.sessions), 0) + coalesce(octet_length(c.visitors), 0) + coalesce(octet_length(c.quarters), 0)
    + coalesce(octet_length(c.quarter_sets), 0) + coalesce(octet_length(c.steps), 0) + coalesce(octet_length(c.facets), 0)
    + coalesce(octet_length(c.watched), 0) AS bytes
FROM cells c
    JOIN unnest(@subjects::bigint[], @actions::smallint[], @levels::smallint[], @buckets::date[], @seqs::bigint[])
        AS i (subject_id, action, level, bucket, seq)
        ON c.subject_id = i.subject_id AND c.action = i.action AND c.level = i.level AND c.bucket = i.bucket AND c.seq = i.seq
WHERE c.tenant_id = @tenant_id
ORDER BY c.seq
