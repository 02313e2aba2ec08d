INSERT INTO outbox (tenant_id, topics) VALUES (@tenant_id, @topics) RETURNING seq
