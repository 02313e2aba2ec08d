DELETE FROM viewers WHERE tenant_id = @tenant_id
