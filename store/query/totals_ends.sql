-- The events in the ends of ranges that fall inside a quarter-hour, of all subjects
-- that ask for the same end at once. The two stretches hold all ends: known before the
-- statement runs, they spare Postgres to open the other partitions. Comes before
-- totals_cells in the same statement.
WITH ends AS MATERIALIZED (
    SELECT r.n, e.subject_id, r.start_at, r.end_at, r.sessions, r.visitors, e.action, e.session_id, e.visitor_id
    FROM unnest(@ragged_n::int[], @ragged_firsts::int[], @ragged_lasts::int[], @ragged_starts::timestamptz[],
                @ragged_ends::timestamptz[], @ragged_sessions::boolean[], @ragged_visitors::boolean[])
             AS r (n, first, last, start_at, end_at, sessions, visitors)
        CROSS JOIN LATERAL (SELECT subject_id, action, session_id, visitor_id FROM events
            WHERE tenant_id = @tenant_id AND subject_id = ANY ((@subjects::bigint[])[r.first:r.last])
                AND at >= r.start_at AND at < r.end_at
                AND (at >= @early_from AND at < @early_to OR at >= @late_from AND at < @late_to) OFFSET 0) e
)
