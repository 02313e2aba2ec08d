-- The events in the ends of ranges that fall inside a quarter-hour. Comes before
-- totals_cells in the same statement.
WITH ends AS MATERIALIZED (
    SELECT r.n, r.subject_id, r.start_at, r.end_at, r.sessions, r.visitors, e.action, e.session_id, e.visitor_id
    FROM unnest(@ragged_n::int[], @ragged_subjects::bigint[], @ragged_starts::timestamptz[], @ragged_ends::timestamptz[],
                @ragged_sessions::boolean[], @ragged_visitors::boolean[])
             AS r (n, subject_id, start_at, end_at, sessions, visitors)
        CROSS JOIN LATERAL (SELECT action, session_id, visitor_id FROM events
            WHERE tenant_id = @tenant_id AND subject_id = r.subject_id AND at >= r.start_at AND at < r.end_at OFFSET 0) e
)
