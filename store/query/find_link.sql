-- By what a link holds: whose activation it is is the question. (tenant_id comes back.)
SELECT l.activation_id, l.token_digest, l.revoked_at, t.tenant_id, t.access_key, t.name, t.time_zone
FROM links l JOIN tenants t ON t.tenant_id = l.tenant_id
WHERE l.deleted_at IS NULL
    AND (l.activation_id = @activation_id OR @activation_id IS NULL)
    AND (l.token_digest = @token_digest OR @token_digest IS NULL)
