DELETE FROM first_logins WHERE tenant_id = @tenant_id
