UPDATE api_keys SET revoked_at = coalesce(revoked_at, @now)
WHERE tenant_id = @tenant_id AND key_id = @key_id
