UPDATE activations SET status = @status
WHERE tenant_id = @tenant_id AND activation_id = @activation_id
RETURNING activation_id, subject_id, event_key, event_name, tier, status, start_at, end_at
