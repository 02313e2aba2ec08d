SELECT k.key_id, k.prefix, k.name, k.scopes, k.documents, k.created_at, k.expires_at, k.revoked_at, k.budget, k.rate_limit,
       t.tenant_id, t.access_key, t.name AS tenant_name, t.time_zone
FROM api_keys k JOIN tenants t ON t.tenant_id = k.tenant_id
WHERE k.tenant_id = @tenant_id
ORDER BY k.key_id
