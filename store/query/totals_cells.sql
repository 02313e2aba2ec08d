-- The stored buckets that a batch of queries needs: whole where a set, a
-- quarter-hour or a step is needed, summed where numbers are enough. What several
-- subjects are asked alike is one run of buckets, and a run of subjects.
SELECT f.n, c.subject_id, c.bucket, c.events, c.starts, c.micros,
       CASE WHEN f.sessions THEN c.sessions END AS sessions,
       CASE WHEN f.visitors THEN c.visitors END AS visitors,
       CASE WHEN f.quarters THEN c.quarters END AS quarters,
       CASE WHEN f.quarters AND (f.sessions OR f.visitors) THEN c.quarter_sets END AS quarter_sets,
       CASE WHEN f.steps THEN c.steps END AS steps,
       NULL::smallint AS action, NULL::bigint[] AS session_ids, NULL::bigint[] AS visitor_ids
FROM unnest(@n::int[], @firsts::int[], @lasts::int[], @actions::smallint[], @levels::smallint[], @froms::date[], @tos::date[],
            @sessions::boolean[], @visitors::boolean[], @quarters::boolean[], @steps::boolean[])
         AS f (n, first, last, action, level, from_bucket, to_bucket, sessions, visitors, quarters, steps)
    CROSS JOIN LATERAL (SELECT subject_id, bucket, events, starts, micros, sessions, visitors, quarters, quarter_sets, steps FROM cells
        WHERE tenant_id = @tenant_id AND subject_id = ANY ((@subjects::bigint[])[f.first:f.last]) AND action = f.action
            AND level = f.level AND bucket >= f.from_bucket AND bucket < f.to_bucket OFFSET 0) c
UNION ALL
SELECT f.n, s.subject_id, c.bucket, c.events, c.starts, c.micros, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM unnest(@sum_n::int[], @sum_firsts::int[], @sum_lasts::int[], @sum_actions::smallint[], @sum_levels::smallint[],
            @sum_froms::date[], @sum_tos::date[])
         AS f (n, first, last, action, level, from_bucket, to_bucket)
    CROSS JOIN LATERAL unnest((@subjects::bigint[])[f.first:f.last]) AS s (subject_id)
    CROSS JOIN LATERAL (SELECT min(bucket) AS bucket, sum(events)::bigint AS events, sum(starts)::bigint AS starts,
            sum(micros)::bigint AS micros
        FROM cells WHERE tenant_id = @tenant_id AND subject_id = s.subject_id AND action = f.action
            AND level = f.level AND bucket >= f.from_bucket AND bucket < f.to_bucket) c
WHERE c.bucket IS NOT NULL
