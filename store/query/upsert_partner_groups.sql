INSERT INTO partner_groups (tenant_id, kind, group_uuid, name)
SELECT @tenant_id, i.kind, i.group_uuid, i.name
FROM unnest(@kinds::text[], @uuids::uuid[], @names::text[]) AS i (kind, group_uuid, name)
ON CONFLICT (tenant_id, kind, group_uuid) DO UPDATE SET name = excluded.name
