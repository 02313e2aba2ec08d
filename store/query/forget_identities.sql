DELETE FROM identities WHERE tenant_id = @tenant_id AND (identity_id = ANY (@ids::bigint[]) OR digest = ANY (@digests::uuid[]))
