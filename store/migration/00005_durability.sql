-- +goose Up

-- What takes a lock that others wait behind gives up soon; footfall migrate tries
-- again.
SET LOCAL lock_timeout = '2s';

-- From when on a tenant's events are kept. Without a row none ever went.
CREATE TABLE horizons (
    tenant_id   bigint NOT NULL,
    events_from timestamptz NOT NULL, -- the first instant of a month
    PRIMARY KEY (tenant_id)
);

-- Quarter-hours before it whose events stay, because an activation's window begins
-- or ends inside.
CREATE TABLE kept_quarters (
    tenant_id  bigint NOT NULL,
    subject_id bigint NOT NULL,
    quarter    timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, subject_id, quarter)
);

-- The dimensions of a session's first page view whose event is gone, in the order
-- of the columns of events; null where it had none or the event is there.
ALTER TABLE sessions ADD COLUMN origin text[];

-- Administrative acts, as they were committed. A reference table, like tenants:
-- some acts are about the whole database. Nobody changes it afterwards, not even
-- its owner, who would have to give back to itself what is revoked here.
CREATE TABLE acts (
    act_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL,
    actor     text NOT NULL, -- user ops at host, or key:12
    act       text NOT NULL, -- such as key.create
    tenant_id bigint REFERENCES tenants, -- null: of the whole database
    target    text,
    detail    jsonb NOT NULL
);
REVOKE UPDATE, DELETE, TRUNCATE ON acts FROM CURRENT_USER;

-- As for the other tables: whoever is not the owner sees one tenant's rows alone,
-- and adds acts without changing any.
ALTER TABLE horizons ENABLE ROW LEVEL SECURITY;
ALTER TABLE kept_quarters ENABLE ROW LEVEL SECURITY;
ALTER TABLE acts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON horizons USING (tenant_id = current_setting('footfall.tenant')::bigint);
CREATE POLICY own_tenant ON kept_quarters USING (tenant_id = current_setting('footfall.tenant')::bigint);
CREATE POLICY own_tenant ON acts FOR SELECT USING (tenant_id = current_setting('footfall.tenant')::bigint);
CREATE POLICY adds_own ON acts FOR INSERT WITH CHECK (tenant_id = current_setting('footfall.tenant')::bigint);

-- +goose Down
DROP TABLE acts, kept_quarters, horizons;
ALTER TABLE sessions DROP COLUMN origin;
