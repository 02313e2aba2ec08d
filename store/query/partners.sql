SELECT p.partner_uuid, p.subject_id, p.name, p.logo_uuid, p.partner_type, p.lead_direction,
       tier.group_uuid AS tier_uuid, tier.name AS tier_name, stage.group_uuid AS stage_uuid, stage.name AS stage_name,
       coalesce((SELECT json_agg(json_build_object('uuid', c.group_uuid, 'name', c.name) ORDER BY c.name, c.group_uuid)
                 FROM partner_groups c
                 WHERE c.tenant_id = @tenant_id AND c.kind = 'category' AND c.group_uuid = ANY (p.category_uuids)), '[]') AS categories
FROM partners p
    LEFT JOIN partner_groups tier ON tier.tenant_id = p.tenant_id AND tier.kind = 'tier' AND tier.group_uuid = p.tier_uuid
    LEFT JOIN partner_groups stage ON stage.tenant_id = p.tenant_id AND stage.kind = 'stage' AND stage.group_uuid = p.stage_uuid
WHERE p.tenant_id = @tenant_id
