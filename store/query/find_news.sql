-- What viewers who watched before have not watched of what they are said to watch.
SELECT i.n, i.added::tstzmultirange - v.watched AS news
FROM unnest(@n::int[], @subjects::bigint[], @visitors::bigint[], @added::text[]) AS i (n, subject_id, visitor_id, added)
    CROSS JOIN LATERAL (SELECT watched FROM viewers
        WHERE tenant_id = @tenant_id AND subject_id = i.subject_id AND visitor_id = i.visitor_id OFFSET 0) v
ORDER BY i.n
