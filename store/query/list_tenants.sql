SELECT tenant_id, access_key, name, time_zone FROM tenants ORDER BY tenant_id
