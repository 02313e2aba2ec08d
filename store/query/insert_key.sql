INSERT INTO api_keys (tenant_id, digest, prefix, name, scopes, documents, created_at, expires_at)
SELECT @tenant_id, @digest, @prefix, @name, @scopes, @documents, @now, @expires_at
RETURNING key_id
