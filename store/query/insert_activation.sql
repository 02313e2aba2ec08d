INSERT INTO activations (tenant_id, activation_id, subject_id, event_key, event_name, tier, status, start_at, end_at, created_at)
SELECT @tenant_id, @activation_id, @subject_id, @event_key, @event_name, @tier, @status, @start_at, @end_at, @now
