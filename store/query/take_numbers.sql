UPDATE counters SET next = next + @n WHERE tenant_id = @tenant_id AND name = @name RETURNING next
