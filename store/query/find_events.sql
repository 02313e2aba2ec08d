-- Which of these events are counted already.
SELECT i.n
FROM unnest(@n::int[], @ats::timestamptz[], @ids::text[]) AS i (n, at, id)
    CROSS JOIN LATERAL (SELECT FROM events
        WHERE tenant_id = @tenant_id AND at = i.at AND id = i.id AND at BETWEEN @first AND @last OFFSET 0) e
ORDER BY i.n
