-- +goose Up

-- What takes a lock that others wait behind gives up soon; footfall migrate tries
-- again.
SET LOCAL lock_timeout = '2s';

-- Whoever is not the tables' owner sees the rows of one tenant alone, the one that
-- footfall.tenant names, and gets an error where nothing names one. (In a subselect,
-- to be evaluated once, the setting costs more: measured.) A table that is added
-- later gets the same two lines; footfall migrate grants it to the role.
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE links ENABLE ROW LEVEL SECURITY;
ALTER TABLE counters ENABLE ROW LEVEL SECURITY;
ALTER TABLE subjects ENABLE ROW LEVEL SECURITY;
ALTER TABLE activations ENABLE ROW LEVEL SECURITY;
ALTER TABLE partner_groups ENABLE ROW LEVEL SECURITY;
ALTER TABLE partners ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaigns ENABLE ROW LEVEL SECURITY;
ALTER TABLE identities ENABLE ROW LEVEL SECURITY;
ALTER TABLE events ENABLE ROW LEVEL SECURITY;
ALTER TABLE cells ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE viewers ENABLE ROW LEVEL SECURITY;
ALTER TABLE first_logins ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_tenant ON tenants USING (tenant_id = current_setting('footfall.tenant')::bigint);
CREATE POLICY own_tenant ON api_keys USING (tenant_id = current_setting('footfall.tenant')::bigint);
CREATE POLICY own_tenant ON links USING (tenant_id = current_setting('footfall.tenant')::bigint);
CREATE POLICY own_tenant ON counters USING (tenant_id = current_setting('footfall.tenant')::bigint);
CREATE POLICY own_tenant ON subjects USING (tenant_id = current_setting('footfall.tenant')::bigint);
CREATE POLICY own_tenant ON activations USING (tenant_id = current_setting('footfall.tenant')::bigint);
CREATE POLICY own_tenant ON partner_groups USING (tenant_id = current_setting('footfall.tenant')::bigint);
CREATE POLICY own_tenant ON partners USING (tenant_id = current_setting('footfall.tenant')::bigint);
CREATE POLICY own_tenant ON campaigns USING (tenant_id = current_setting('footfall.tenant')::bigint);
CREATE POLICY own_tenant ON identities USING (tenant_id = current_setting('footfall.tenant')::bigint);
CREATE POLICY own_tenant ON events USING (tenant_id = current_setting('footfall.tenant')::bigint);
CREATE POLICY own_tenant ON cells USING (tenant_id = current_setting('footfall.tenant')::bigint);
CREATE POLICY own_tenant ON sessions USING (tenant_id = current_setting('footfall.tenant')::bigint);
CREATE POLICY own_tenant ON viewers USING (tenant_id = current_setting('footfall.tenant')::bigint);
CREATE POLICY own_tenant ON first_logins USING (tenant_id = current_setting('footfall.tenant')::bigint);
CREATE POLICY own_tenant ON outbox USING (tenant_id = current_setting('footfall.tenant')::bigint);

-- +goose Down
DROP POLICY own_tenant ON outbox;
DROP POLICY own_tenant ON first_logins;
DROP POLICY own_tenant ON viewers;
DROP POLICY own_tenant ON sessions;
DROP POLICY own_tenant ON cells;
DROP POLICY own_tenant ON events;
DROP POLICY own_tenant ON identities;
DROP POLICY own_tenant ON campaigns;
DROP POLICY own_tenant ON partners;
DROP POLICY own_tenant ON partner_groups;
DROP POLICY own_tenant ON activations;
DROP POLICY own_tenant ON subjects;
DROP POLICY own_tenant ON counters;
DROP POLICY own_tenant ON links;
DROP POLICY own_tenant ON api_keys;
DROP POLICY own_tenant ON tenants;
ALTER TABLE outbox DISABLE ROW LEVEL SECURITY;
ALTER TABLE first_logins DISABLE ROW LEVEL SECURITY;
ALTER TABLE viewers DISABLE ROW LEVEL SECURITY;
ALTER TABLE sessions DISABLE ROW LEVEL SECURITY;
ALTER TABLE cells DISABLE ROW LEVEL SECURITY;
ALTER TABLE events DISABLE ROW LEVEL SECURITY;
ALTER TABLE identities DISABLE ROW LEVEL SECURITY;
ALTER TABLE campaigns DISABLE ROW LEVEL SECURITY;
ALTER TABLE partners DISABLE ROW LEVEL SECURITY;
ALTER TABLE partner_groups DISABLE ROW LEVEL SECURITY;
ALTER TABLE activations DISABLE ROW LEVEL SECURITY;
ALTER TABLE subjects DISABLE ROW LEVEL SECURITY;
ALTER TABLE counters DISABLE ROW LEVEL SECURITY;
ALTER TABLE links DISABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys DISABLE ROW LEVEL SECURITY;
ALTER TABLE tenants DISABLE ROW LEVEL SECURITY;
