INSERT INTO api_keys (tenant_id, digest, prefix, name, scopes, created_at, expires_at)
SELECT @tenant_id, @digest, @prefix, @name, @scopes, @now, @expires_at
RETURNING key_id
