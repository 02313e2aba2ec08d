-- The sessions that new page views could extend, merge or cut anew.
SELECT i.n, s.started_at, s.ended_at, s.views, s.origin
FROM unnest(@n::int[], @subjects::bigint[], @actors::bigint[], @since::timestamptz[], @until::timestamptz[]) AS i (n, subject_id, actor_id, since, until)
    CROSS JOIN LATERAL (SELECT started_at, ended_at, views, origin FROM sessions
        WHERE tenant_id = @tenant_id AND subject_id = i.subject_id AND actor_id = i.actor_id AND started_at > i.since AND started_at <= i.until OFFSET 0) s
ORDER BY i.n, s.started_at
