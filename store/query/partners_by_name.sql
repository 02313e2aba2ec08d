-- All of them, by name. Follows partners in the same statement.
ORDER BY p.name, p.partner_uuid
