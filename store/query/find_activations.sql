SELECT activation_id, subject_id, event_key, event_name, tier, status, start_at, end_at
FROM activations
WHERE tenant_id = @tenant_id AND activation_id = ANY (@ids::text[])
ORDER BY activation_id
