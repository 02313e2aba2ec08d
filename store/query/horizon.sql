SELECT events_from FROM horizons WHERE tenant_id = @tenant_id
