INSERT INTO acts (at, actor, act, tenant_id, target, detail) VALUES (@now, @actor, @act, @tenant_id, @target, @detail)
