INSERT INTO viewers (tenant_id, subject_id, visitor_id, watched)
SELECT @tenant_id, i.subject_id, i.visitor_id, i.watched::tstzmultirange
FROM unnest(@subjects::bigint[], @visitors::bigint[], @watched::text[]) AS i (subject_id, visitor_id, watched)
ON CONFLICT (tenant_id, subject_id, visitor_id) DO UPDATE SET watched = viewers.watched + excluded.watched
