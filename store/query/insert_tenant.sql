INSERT INTO tenants (access_key, name, time_zone, identity_key, created_at)
VALUES (@access_key, @name, @time_zone, @identity_key, @now)
RETURNING tenant_id
