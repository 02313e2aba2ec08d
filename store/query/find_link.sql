-- By what a link holds, one of the two: whose activation it is is the question.
-- (tenant_id comes back.)
SELECT l.activation_id, l.token_digest, l.revoked_at, t.tenant_id, t.access_key, t.name, t.time_zone
FROM (SELECT tenant_id, activation_id, token_digest, revoked_at, deleted_at FROM links WHERE activation_id = @activation_id
      UNION ALL
      SELECT tenant_id, activation_id, token_digest, revoked_at, deleted_at FROM links WHERE token_digest = @token_digest) l
    JOIN tenants t ON t.tenant_id = l.tenant_id
WHERE l.deleted_at IS NULL
