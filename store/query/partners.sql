-- Partners that were picked, by name, and what their groups are called. Follows what
-- picks them in the same statement. OFFSET keeps each category a look-up by its key:
-- joined, a table without statistics is read once a partner.
SELECT p.partner_uuid, p.subject_id, p.name, p.logo_uuid, p.partner_type, p.lead_direction,
       tier.group_uuid AS tier_uuid, tier.name AS tier_name, stage.group_uuid AS stage_uuid, stage.name AS stage_name,
       coalesce(c.categories, '[]') AS categories
FROM picked p
    LEFT JOIN partner_groups tier ON tier.tenant_id = p.tenant_id AND tier.kind = 'tier' AND tier.group_uuid = p.tier_uuid
    LEFT JOIN partner_groups stage ON stage.tenant_id = p.tenant_id AND stage.kind = 'stage' AND stage.group_uuid = p.stage_uuid
    LEFT JOIN LATERAL (SELECT json_agg(json_build_object('uuid', g.group_uuid, 'name', g.name) ORDER BY g.name, g.group_uuid) AS categories
        FROM (SELECT DISTINCT unnest(p.category_uuids) AS group_uuid) u
            CROSS JOIN LATERAL (SELECT o.group_uuid, o.name FROM partner_groups o
                WHERE o.tenant_id = @tenant_id AND o.kind = 'category' AND o.group_uuid = u.group_uuid OFFSET 0) g) c ON true
ORDER BY p.name, p.partner_uuid
