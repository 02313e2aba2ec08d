INSERT INTO campaigns (tenant_id, campaign_key, campaign_id, subject_id, title, scheduled_at, started_at, ended_at)
SELECT @tenant_id, @key, @campaign_id, @subject_id, @title, @scheduled_at, @started_at, @ended_at
ON CONFLICT (tenant_id, campaign_key) DO UPDATE
    SET campaign_id = excluded.campaign_id, title = excluded.title, scheduled_at = excluded.scheduled_at,
        started_at = excluded.started_at, ended_at = excluded.ended_at
