-- All subjects of a tenant; one that only derived rows know has no kind.
SELECT coalesce(s.subject_id, o.subject_id) AS subject_id, coalesce(s.kind, 0) AS kind, coalesce(s.key, '') AS key
FROM (SELECT subject_id, kind, key FROM subjects WHERE tenant_id = @tenant_id) s
    FULL JOIN (SELECT subject_id FROM cells WHERE tenant_id = @tenant_id
               UNION SELECT subject_id FROM sessions WHERE tenant_id = @tenant_id
               UNION SELECT subject_id FROM viewers WHERE tenant_id = @tenant_id) o ON o.subject_id = s.subject_id
ORDER BY 1
