-- +goose Up

-- Reference tables: who may come in. Everything else belongs to one tenant and
-- carries tenant_id first in every key, so that it can be distributed by it.
CREATE TABLE tenants (
    tenant_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    access_key   text NOT NULL UNIQUE,
    name         text NOT NULL,
    time_zone    text NOT NULL,
    identity_key bytea NOT NULL, -- keys the hash under which clients' ids are kept
    created_at   timestamptz NOT NULL
);

CREATE TABLE api_keys (
    key_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id  bigint NOT NULL REFERENCES tenants,
    digest     bytea NOT NULL UNIQUE,
    prefix     text NOT NULL,
    name       text NOT NULL,
    scopes     text[] NOT NULL,
    documents  text NOT NULL, -- which GraphQL documents it may run
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    budget     bigint -- cost a minute, 0 without a limit; null is the gateway's default
);
ALTER TABLE api_keys ADD CONSTRAINT api_keys_documents CHECK (documents IN ('off', 'log', 'enforce'));

CREATE TABLE links (
    activation_id text PRIMARY KEY,
    tenant_id     bigint NOT NULL REFERENCES tenants,
    token_digest  bytea NOT NULL,
    created_at    timestamptz NOT NULL,
    revoked_at    timestamptz,
    deleted_at    timestamptz
);
CREATE UNIQUE INDEX ON links (token_digest);

-- The next number of each kind that a tenant hands out. The row named identity
-- is also the lock that a tenant's writers queue at.
CREATE TABLE counters (
    tenant_id bigint NOT NULL REFERENCES tenants,
    name      text NOT NULL,
    next      bigint NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

CREATE TABLE subjects (
    tenant_id  bigint NOT NULL REFERENCES tenants,
    subject_id bigint NOT NULL,
    kind       smallint NOT NULL,
    key        text NOT NULL,
    PRIMARY KEY (tenant_id, kind, key)
);

CREATE TABLE activations (
    tenant_id     bigint NOT NULL REFERENCES tenants,
    activation_id text NOT NULL,
    subject_id    bigint NOT NULL,
    event_key     text NOT NULL,
    event_name    text NOT NULL,
    tier          text NOT NULL,
    status        text NOT NULL,
    start_at      timestamptz NOT NULL,
    end_at        timestamptz NOT NULL,
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, activation_id)
);
CREATE INDEX ON activations (tenant_id, start_at, activation_id);

CREATE TABLE partner_groups (
    tenant_id  bigint NOT NULL REFERENCES tenants,
    kind       text NOT NULL, -- category, tier or stage
    group_uuid uuid NOT NULL,
    name       text NOT NULL,
    PRIMARY KEY (tenant_id, kind, group_uuid)
);

CREATE TABLE partners (
    tenant_id      bigint NOT NULL REFERENCES tenants,
    partner_uuid   uuid NOT NULL,
    subject_id     bigint NOT NULL,
    name           text NOT NULL,
    logo_uuid      uuid,
    partner_type   text NOT NULL,
    lead_direction text,
    tier_uuid      uuid,
    stage_uuid     uuid,
    category_uuids uuid[] NOT NULL,
    PRIMARY KEY (tenant_id, partner_uuid)
);

CREATE TABLE campaigns (
    tenant_id    bigint NOT NULL REFERENCES tenants,
    campaign_key text NOT NULL,
    campaign_id  bigint NOT NULL,
    subject_id   bigint NOT NULL,
    title        text NOT NULL,
    scheduled_at timestamptz NOT NULL,
    started_at   timestamptz,
    ended_at     timestamptz,
    PRIMARY KEY (tenant_id, campaign_key),
    UNIQUE (tenant_id, campaign_id)
);
CREATE INDEX ON campaigns (tenant_id, scheduled_at, campaign_id);

-- The dictionary: a keyed hash of what the client sent, and its dense number.
CREATE TABLE identities (
    tenant_id   bigint NOT NULL,
    digest      uuid NOT NULL,
    identity_id bigint NOT NULL,
    PRIMARY KEY (tenant_id, digest)
);

CREATE TABLE events (
    tenant_id    bigint NOT NULL,
    at           timestamptz NOT NULL,
    subject_id   bigint NOT NULL,
    session_id   bigint,
    visitor_id   bigint,
    seconds      integer,
    action       smallint NOT NULL,
    logged_in    boolean,
    id           text NOT NULL,
    source       text,
    medium       text,
    campaign_tag text,
    referrer     text,
    path         text,
    country      text,
    device       text,
    PRIMARY KEY (tenant_id, at, id)
) PARTITION BY RANGE (at);
-- The subject comes first so that no plan, whatever it knows of a new partition,
-- takes this index for a look-up by the key above.
CREATE INDEX ON events (subject_id, tenant_id, at);

-- Merges of events by calendar bucket. Many rows may hold one bucket.
CREATE TABLE cells (
    tenant_id    bigint NOT NULL,
    subject_id   bigint NOT NULL,
    bucket       date NOT NULL, -- the day, or the first day of the month
    action       smallint NOT NULL,
    level        smallint NOT NULL, -- 1 day, 2 month
    seq          bigint GENERATED ALWAYS AS IDENTITY,
    events       bigint NOT NULL,
    starts       bigint NOT NULL,
    micros       bigint NOT NULL,
    sessions     bytea,
    visitors     bytea,
    quarters     bytea,
    quarter_sets bytea,
    steps        bytea,
    facets       bytea,
    watched      bytea,
    PRIMARY KEY (tenant_id, subject_id, action, level, bucket, seq)
);

-- Partner sessions. The actor is the visitor, or the visitor's named session.
CREATE TABLE sessions (
    tenant_id  bigint NOT NULL,
    subject_id bigint NOT NULL,
    actor_id   bigint NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at   timestamptz NOT NULL,
    views      bytea, -- the instants between the two, packed
    PRIMARY KEY (tenant_id, subject_id, actor_id, started_at)
);

CREATE TABLE viewers (
    tenant_id  bigint NOT NULL,
    subject_id bigint NOT NULL,
    visitor_id bigint NOT NULL,
    watched    tstzmultirange NOT NULL,
    PRIMARY KEY (tenant_id, subject_id, visitor_id)
);

CREATE TABLE first_logins (
    tenant_id  bigint NOT NULL,
    visitor_id bigint NOT NULL,
    subject_id bigint NOT NULL,
    at         timestamptz NOT NULL,
    event_id   text NOT NULL,
    PRIMARY KEY (tenant_id, visitor_id)
);

-- What caches must forget, written with the change itself and drained after it.
CREATE TABLE outbox (
    tenant_id bigint NOT NULL,
    seq       bigint GENERATED ALWAYS AS IDENTITY,
    topics    text[] NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);

-- +goose Down
DROP TABLE outbox, first_logins, viewers, sessions, cells, events, identities, campaigns, partners, partner_groups,
    activations, subjects, counters, links, api_keys, tenants;
