INSERT INTO tenants (access_key, name, time_zone, identity_key, created_at)
VALUES (@access_key, @name, @time_zone, uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), @now)
RETURNING tenant_id
