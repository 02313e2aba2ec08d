SELECT s.subject_id, i.n
FROM unnest(@n::int[], @kinds::smallint[], @keys::text[]) AS i (n, kind, key)
    JOIN subjects s ON s.tenant_id = @tenant_id AND s.kind = i.kind AND s.key = i.key
ORDER BY i.n
