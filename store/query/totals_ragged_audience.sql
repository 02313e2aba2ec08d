-- What campaigns' audiences did in the ends of ranges that fall inside a
-- quarter-hour: who watched and for how long, who watched logged in, and who did
-- for the first time. Follows totals_ragged in the same statement.
UNION ALL
SELECT r.n, r.subject_id, NULL::date, 0, 0, sum(v.micros)::bigint, NULL, NULL, NULL, NULL, NULL, 5, NULL,
       array_agg(v.visitor_id) FILTER (WHERE r.visitors)
FROM unnest(@audience_n::int[], @audience_subjects::bigint[], @audience_starts::timestamptz[], @audience_ends::timestamptz[],
            @audience_visitors::boolean[])
         AS r (n, subject_id, start_at, end_at, visitors)
    CROSS JOIN LATERAL (SELECT visitor_id,
            (SELECT sum(extract(epoch FROM upper(span) - lower(span)) * 1000000)
             FROM unnest(watched * tstzmultirange(tstzrange(r.start_at, r.end_at))) AS span) AS micros
        FROM viewers
        WHERE tenant_id = @tenant_id AND subject_id = r.subject_id AND watched && tstzrange(r.start_at, r.end_at) OFFSET 0) v
GROUP BY r.n, r.subject_id
UNION ALL
SELECT r.n, r.subject_id, NULL::date, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, 10, NULL,
       array_agg(DISTINCT e.visitor_id) FILTER (WHERE r.visitors)
FROM unnest(@audience_n::int[], @audience_subjects::bigint[], @audience_starts::timestamptz[], @audience_ends::timestamptz[],
            @audience_visitors::boolean[])
         AS r (n, subject_id, start_at, end_at, visitors)
    CROSS JOIN LATERAL (SELECT visitor_id FROM events
        WHERE tenant_id = @tenant_id AND subject_id = r.subject_id AND action = 5 AND logged_in
            AND at > r.start_at - interval '86400 seconds' AND at < r.end_at
            AND at + seconds * interval '1 second' > r.start_at
            AND (at >= @early_from AND at < @early_to OR at >= @late_from AND at < @late_to) OFFSET 0) e
GROUP BY r.n, r.subject_id
UNION ALL
SELECT r.n, r.subject_id, NULL::date, 0, count(*), 0, NULL, NULL, NULL, NULL, NULL, 10, NULL, NULL
FROM unnest(@audience_n::int[], @audience_subjects::bigint[], @audience_starts::timestamptz[], @audience_ends::timestamptz[])
         AS r (n, subject_id, start_at, end_at)
    CROSS JOIN LATERAL (SELECT DISTINCT visitor_id FROM events
        WHERE tenant_id = @tenant_id AND subject_id = r.subject_id AND action = 5 AND logged_in
            AND at >= r.start_at AND at < r.end_at
            AND (at >= @early_from AND at < @early_to OR at >= @late_from AND at < @late_to)) e
    CROSS JOIN LATERAL (SELECT FROM first_logins
        WHERE tenant_id = @tenant_id AND visitor_id = e.visitor_id AND subject_id = r.subject_id
            AND at >= r.start_at AND at < r.end_at OFFSET 0) f
GROUP BY r.n, r.subject_id
