-- The partitions of months before one, and what they take. (Partitions are all
-- tenants'.)
SELECT c.oid::regclass::text, pg_total_relation_size(c.oid)
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'events'::regclass AND c.relname < @before COLLATE "C"
ORDER BY c.relname
