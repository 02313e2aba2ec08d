SELECT c.bucket, c.events, c.starts, c.micros, c.visitors, c.quarters, c.quarter_sets
FROM partners p JOIN cells c ON c.tenant_id = $1 AND c.subject_id = p.subject_id AND c.action = 4 AND c.level = 1
    AND c.bucket >= $3::timestamptz::date AND c.bucket <= $4::timestamptz::date
WHERE p.tenant_id = $1 AND p.partner_uuid = $2
