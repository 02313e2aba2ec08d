-- The same of all partners at once, whoever of them is asked for: one run of an
-- index instead of a look-up each. Numbers alone are summed over all runs that have
-- the same n. 4 is PageView: what partners are measured by, and what the index is of.
-- Follows totals_cells in the same statement.
UNION ALL
SELECT f.n, c.subject_id, c.bucket, c.events, c.starts, c.micros, NULL,
       CASE WHEN f.visitors THEN c.visitors END,
       CASE WHEN f.quarters THEN c.quarters END,
       CASE WHEN f.quarters AND f.visitors THEN c.quarter_sets END,
       NULL, NULL, NULL, NULL
FROM unnest(@all_n::int[], @all_levels::smallint[], @all_froms::date[], @all_tos::date[], @all_visitors::boolean[], @all_quarters::boolean[])
         AS f (n, level, from_bucket, to_bucket, visitors, quarters)
    CROSS JOIN LATERAL (SELECT subject_id, bucket, events, starts, micros, visitors, quarters, quarter_sets FROM cells
        WHERE tenant_id = @tenant_id AND action = 4 AND level = f.level AND bucket >= f.from_bucket AND bucket < f.to_bucket OFFSET 0) c
UNION ALL
SELECT f.n, c.subject_id, NULL::date, sum(c.events)::bigint, sum(c.starts)::bigint, sum(c.micros)::bigint,
       NULL, NULL, NULL, NULL, NULL, 4, NULL, NULL
FROM unnest(@all_sum_n::int[], @all_sum_levels::smallint[], @all_sum_froms::date[], @all_sum_tos::date[])
         AS f (n, level, from_bucket, to_bucket)
    CROSS JOIN LATERAL (SELECT subject_id, events, starts, micros FROM cells
        WHERE tenant_id = @tenant_id AND action = 4 AND level = f.level AND bucket >= f.from_bucket AND bucket < f.to_bucket OFFSET 0) c
GROUP BY f.n, c.subject_id
