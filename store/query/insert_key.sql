INSERT INTO api_keys (tenant_id, digest, prefix, name, scopes, documents, created_at, expires_at, budget, rate_limit)
SELECT @tenant_id, @digest, @prefix, @name, @scopes, @documents, @now, @expires_at, @budget, @rate_limit
RETURNING key_id
