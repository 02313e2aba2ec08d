-- Latest first. (Without a tenant, of all of them: the log is the operator's.)
SELECT a.act_id, a.at, a.actor, a.act, coalesce(t.access_key, ''), coalesce(a.target, ''), a.detail
FROM acts a LEFT JOIN tenants t ON t.tenant_id = a.tenant_id
WHERE (@only_tenant::bigint = 0 OR a.tenant_id = @only_tenant)
    AND (@act::text = '' OR a.act = @act OR starts_with(a.act, @act || '.'))
    AND (@actor::text = '' OR a.actor = @actor)
    AND a.at >= @since AND a.at < @until
ORDER BY a.act_id DESC
LIMIT @most
