SELECT i.n, d.identity_id
FROM unnest(@n::int[], @digests::uuid[]) AS i (n, digest)
    CROSS JOIN LATERAL (SELECT identity_id FROM identities
        WHERE tenant_id = @tenant_id AND digest = i.digest OFFSET 0) d
ORDER BY i.n
