INSERT INTO first_logins (tenant_id, visitor_id, subject_id, at, event_id)
SELECT @tenant_id, i.visitor_id, i.subject_id, i.at, i.event_id
FROM unnest(@visitors::bigint[], @subjects::bigint[], @ats::timestamptz[], @event_ids::text[])
    AS i (visitor_id, subject_id, at, event_id)
ON CONFLICT (tenant_id, visitor_id)
    DO UPDATE SET subject_id = excluded.subject_id, at = excluded.at, event_id = excluded.event_id
