-- The first of an actor's page views at an instant: of several the one with the
-- smallest id, by its bytes.
SELECT i.n, e.id, e.source, e.medium, e.campaign_tag, e.referrer, e.path, e.country, e.device
FROM unnest(@n::int[], @subjects::bigint[], @actors::bigint[], @ats::timestamptz[]) AS i (n, subject_id, actor_id, at)
    CROSS JOIN LATERAL (SELECT id, source, medium, campaign_tag, referrer, path, country, device FROM events
        WHERE tenant_id = @tenant_id AND subject_id = i.subject_id AND at = i.at AND at BETWEEN @first AND @last AND action = 4
            AND coalesce(session_id, visitor_id) = i.actor_id
        ORDER BY id COLLATE "C" LIMIT 1) e
ORDER BY i.n
