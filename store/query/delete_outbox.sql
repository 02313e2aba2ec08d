DELETE FROM outbox WHERE tenant_id = @tenant_id AND seq = ANY (@seqs::bigint[])
