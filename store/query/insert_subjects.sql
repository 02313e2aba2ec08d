INSERT INTO subjects (tenant_id, subject_id, kind, key)
SELECT @tenant_id, i.subject_id, @kind, i.key
FROM unnest(@subject_ids::bigint[], @keys::text[]) AS i (subject_id, key)
