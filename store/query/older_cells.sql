SELECT EXISTS (SELECT FROM cells WHERE tenant_id = @tenant_id AND bucket < (@before::timestamptz AT TIME ZONE 'UTC')::date)
