INSERT INTO links (activation_id, tenant_id, token_digest, created_at)
SELECT @activation_id, @tenant_id, @token_digest, @now
