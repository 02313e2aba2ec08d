-- The stored buckets that a batch of queries needs: whole where a set, a
-- quarter-hour or a step is needed, summed where numbers are enough.
SELECT f.n, c.bucket, c.events, c.starts, c.micros,
       CASE WHEN f.sessions THEN c.sessions END AS sessions,
       CASE WHEN f.visitors THEN c.visitors END AS visitors,
       CASE WHEN f.quarters THEN c.quarters END AS quarters,
       CASE WHEN f.quarters AND (f.sessions OR f.visitors) THEN c.quarter_sets END AS quarter_sets,
       CASE WHEN f.steps THEN c.steps END AS steps,
       NULL::smallint AS action, NULL::bigint[] AS session_ids, NULL::bigint[] AS visitor_ids
FROM unnest(@n::int[], @subjects::bigint[], @actions::smallint[], @levels::smallint[], @froms::date[], @tos::date[],
            @sessions::boolean[], @visitors::boolean[], @quarters::boolean[], @steps::boolean[])
         AS f (n, subject_id, action, level, from_bucket, to_bucket, sessions, visitors, quarters, steps)
    JOIN cells c ON c.tenant_id = @tenant_id AND c.subject_id = f.subject_id AND c.action = f.action
        AND c.level = f.level AND c.bucket >= f.from_bucket AND c.bucket < f.to_bucket
UNION ALL
SELECT f.n, s.bucket, s.events, s.starts, s.micros, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM unnest(@sum_n::int[], @sum_subjects::bigint[], @sum_actions::smallint[], @sum_levels::smallint[],
            @sum_froms::date[], @sum_tos::date[])
         AS f (n, subject_id, action, level, from_bucket, to_bucket)
    CROSS JOIN LATERAL (SELECT min(c.bucket) AS bucket, sum(c.events)::bigint AS events, sum(c.starts)::bigint AS starts,
            sum(c.micros)::bigint AS micros
        FROM cells c WHERE c.tenant_id = @tenant_id AND c.subject_id = f.subject_id AND c.action = f.action
            AND c.level = f.level AND c.bucket >= f.from_bucket AND c.bucket < f.to_bucket) s
WHERE s.bucket IS NOT NULL
