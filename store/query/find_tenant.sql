SELECT tenant_id, access_key, name, time_zone FROM tenants WHERE access_key = @access_key
