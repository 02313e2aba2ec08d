INSERT INTO acts (tenant_id, at, actor, act, target, detail) VALUES (@tenant_id, @now, @actor, @act, @target, @detail)
