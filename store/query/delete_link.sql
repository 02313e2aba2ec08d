UPDATE links SET deleted_at = @now
WHERE tenant_id = @tenant_id AND activation_id = @activation_id AND deleted_at IS NULL
