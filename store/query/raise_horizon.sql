INSERT INTO horizons (tenant_id, events_from)
SELECT @tenant_id, @before
ON CONFLICT (tenant_id) DO UPDATE SET events_from = greatest(horizons.events_from, excluded.events_from)
