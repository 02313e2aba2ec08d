-- The stored buckets that queries by dimensions need, and who watched on which
-- day.
SELECT f.n, c.bucket, c.events, c.starts, c.micros,
       CASE WHEN f.sessions THEN c.sessions END AS sessions,
       CASE WHEN f.visitors THEN c.visitors END AS visitors,
       CASE WHEN f.quarters THEN c.quarters END AS quarters,
       CASE WHEN f.quarters AND (f.sessions OR f.visitors) THEN c.quarter_sets END AS quarter_sets,
       CASE WHEN NOT f.watched THEN c.facets END AS facets,
       CASE WHEN f.watched THEN c.watched END AS watched,
       NULL::smallint AS action, NULL::bigint[] AS session_ids, NULL::bigint[] AS visitor_ids,
       NULL::text AS source, NULL::text AS medium, NULL::text AS campaign_tag, NULL::text AS referrer, NULL::text AS path,
       NULL::text AS country, NULL::text AS device
FROM unnest(@n::int[], @subjects::bigint[], @actions::smallint[], @levels::smallint[], @froms::date[], @tos::date[],
            @sessions::boolean[], @visitors::boolean[], @quarters::boolean[], @watched::boolean[])
         AS f (n, subject_id, action, level, from_bucket, to_bucket, sessions, visitors, quarters, watched)
    JOIN cells c ON c.tenant_id = @tenant_id AND c.subject_id = f.subject_id AND c.action = f.action
        AND c.level = f.level AND c.bucket >= f.from_bucket AND c.bucket < f.to_bucket
