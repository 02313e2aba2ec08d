UPDATE links SET revoked_at = coalesce(revoked_at, @now)
WHERE tenant_id = @tenant_id AND activation_id = @activation_id AND deleted_at IS NULL
