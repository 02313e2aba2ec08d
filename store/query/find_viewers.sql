SELECT i.n, v.watched
FROM unnest(@n::int[], @subjects::bigint[], @visitors::bigint[]) AS i (n, subject_id, visitor_id)
    CROSS JOIN LATERAL (SELECT watched FROM viewers
        WHERE tenant_id = @tenant_id AND subject_id = i.subject_id AND visitor_id = i.visitor_id OFFSET 0) v
ORDER BY i.n
