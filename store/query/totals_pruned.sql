-- Ends of ranges whose events are gone, with the instant in microseconds from which on
-- events are kept: action 0. Follows totals_ragged in the same statement.
UNION ALL
SELECT r.n, s.subject_id, NULL::date, (extract(epoch FROM h.events_from) * 1000000)::bigint, 0, 0, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL
FROM unnest(@ragged_n::int[], @ragged_firsts::int[], @ragged_lasts::int[], @ragged_starts::timestamptz[])
         AS r (n, first, last, start_at)
    CROSS JOIN LATERAL unnest((@subjects::bigint[])[r.first:r.last]) AS s (subject_id)
    JOIN horizons h ON h.tenant_id = @tenant_id AND h.events_from > r.start_at
WHERE NOT EXISTS (SELECT FROM kept_quarters k WHERE k.tenant_id = @tenant_id AND k.subject_id = s.subject_id
    AND k.quarter = date_bin('15 minutes', r.start_at, '1970-01-01Z') OFFSET 0)
