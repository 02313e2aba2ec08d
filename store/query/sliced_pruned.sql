-- As totals_pruned, and ends that events which are gone may reach into. Follows
-- sliced_ragged in the same statement.
UNION ALL
SELECT r.n, NULL::date, (extract(epoch FROM h.events_from) * 1000000)::bigint, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL,
       NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM unnest(@ragged_n::int[], @ragged_subjects::bigint[], @ragged_starts::timestamptz[], @ragged_reaches::timestamptz[])
         AS r (n, subject_id, start_at, reaches)
    JOIN horizons h ON h.tenant_id = @tenant_id AND h.events_from > r.reaches
WHERE NOT EXISTS (SELECT FROM kept_quarters k WHERE k.tenant_id = @tenant_id AND k.subject_id = r.subject_id
    AND k.quarter = date_bin('15 minutes', r.start_at, '1970-01-01Z'))
