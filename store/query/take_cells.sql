-- Takes rows out, to be merged. One that is gone already is somebody else's.
DELETE FROM cells c
USING unnest(@subjects::bigint[], @actions::smallint[], @levels::smallint[], @buckets::date[], @seqs::bigint[])
    AS i (subject_id, action, level, bucket, seq)
WHERE c.tenant_id = @tenant_id AND c.subject_id = i.subject_id AND c.action = i.action AND c.level = i.level
    AND c.bucket = i.bucket AND c.seq = i.seq
RETURNING c.subject_id, c.bucket, c.action, c.level, c.events, c.starts, c.micros, c.sessions, c.visitors, c.quarters,
    c.quarter_sets, c.steps, c.facets, c.watched
