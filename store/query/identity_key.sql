SELECT identity_key FROM tenants WHERE tenant_id = @tenant_id
