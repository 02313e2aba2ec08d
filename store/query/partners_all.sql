-- All partners. Comes before partners in the same statement.
WITH picked AS (SELECT * FROM partners WHERE tenant_id = @tenant_id)
