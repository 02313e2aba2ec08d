-- Those asked for. Follows partners in the same statement.
  AND p.partner_uuid = ANY (@uuids::uuid[])
