SELECT count(*)
FROM (SELECT FROM cells WHERE tenant_id = @tenant_id GROUP BY subject_id, action, level, bucket HAVING count(*) > 1) k
