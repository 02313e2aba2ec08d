-- All tenants' at once: the drainer serves the whole gateway. (tenant_id is in the row.)
-- The last is the one that makes up the topics.
SELECT tenant_id, seq, topics
FROM (SELECT tenant_id, seq, topics, sum(cardinality(topics)) OVER (ORDER BY tenant_id, seq) - cardinality(topics) AS topics_before
      FROM (SELECT tenant_id, seq, topics FROM outbox ORDER BY tenant_id, seq LIMIT @most) pending) counted
WHERE topics_before < @topics
ORDER BY tenant_id, seq
