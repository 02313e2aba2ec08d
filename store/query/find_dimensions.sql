SELECT i.n, e.source, e.medium, e.campaign_tag, e.referrer, e.path, e.country, e.device
FROM unnest(@n::int[], @ats::timestamptz[], @ids::text[]) AS i (n, at, id)
    CROSS JOIN LATERAL (SELECT source, medium, campaign_tag, referrer, path, country, device FROM events
        WHERE tenant_id = @tenant_id AND at = i.at AND id = i.id AND at BETWEEN @first AND @last OFFSET 0) e
ORDER BY i.n
