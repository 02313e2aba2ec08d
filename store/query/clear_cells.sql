DELETE FROM cells WHERE tenant_id = @tenant_id
