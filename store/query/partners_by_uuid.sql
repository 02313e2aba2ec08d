-- Those asked for. Comes before partners in the same statement.
WITH picked AS (SELECT * FROM partners WHERE tenant_id = @tenant_id AND partner_uuid = ANY (@uuids::uuid[]))
