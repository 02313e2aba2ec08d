SELECT campaign_id FROM campaigns WHERE tenant_id = @tenant_id AND campaign_id = ANY (@ids::bigint[]) ORDER BY campaign_id
