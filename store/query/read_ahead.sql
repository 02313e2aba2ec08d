-- The numbers of identities, and first how the dictionary stands, at one moment.
SELECT NULL::int AS n, next AS identity_id, coalesce((SELECT next FROM counters WHERE tenant_id = @tenant_id AND name = 'erasure'), 0) AS erasures
FROM counters WHERE tenant_id = @tenant_id AND name = 'identity'
UNION ALL
SELECT i.n, d.identity_id, 0
FROM unnest(@n::int[], @digests::uuid[]) AS i (n, digest)
    CROSS JOIN LATERAL (SELECT identity_id FROM identities
        WHERE tenant_id = @tenant_id AND digest = i.digest OFFSET 0) d
ORDER BY n NULLS FIRST
