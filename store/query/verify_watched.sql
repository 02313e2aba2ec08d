-- Who watched when, by the dimensions of the events that say so.
SELECT visitor_id, range_agg(tstzrange(at, at + seconds * interval '1 second')),
    source, medium, campaign_tag, referrer, path, country, device
FROM events WHERE tenant_id = @tenant_id AND subject_id = @subject_id AND action = 5 AND at >= @since
GROUP BY visitor_id, source, medium, campaign_tag, referrer, path, country, device
ORDER BY visitor_id
