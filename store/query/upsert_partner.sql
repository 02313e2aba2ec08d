INSERT INTO partners (tenant_id, partner_uuid, subject_id, name, logo_uuid, partner_type, lead_direction, tier_uuid, stage_uuid, category_uuids)
SELECT @tenant_id, @uuid, @subject_id, @name, @logo_uuid, @partner_type, @lead_direction, @tier_uuid, @stage_uuid, @category_uuids
ON CONFLICT (tenant_id, partner_uuid) DO UPDATE
    SET name = excluded.name, logo_uuid = excluded.logo_uuid, partner_type = excluded.partner_type,
        lead_direction = excluded.lead_direction, tier_uuid = excluded.tier_uuid, stage_uuid = excluded.stage_uuid,
        category_uuids = excluded.category_uuids
