-- What other GraphQL servers serve: the statements that are hand-written over raw
-- events, as functions with typed rows. {{name}} stands for such a statement.
-- Names in quotes are those of the answers' fields.
DROP SCHEMA IF EXISTS peers CASCADE;
CREATE SCHEMA peers;

CREATE TYPE peers.activation_stat AS (
    "activationId" text, "eventKey" text, "eventName" text, tier text,
    "clickCount" int, "outboundClickCount" int, "calendarSyncCount" int,
    "uniqueSessionCount" int, "uniqueViewSessionCount" int, "uniqueOutboundSessionCount" int, "uniqueCalendarSessionCount" int,
    "outboundSessionRate" float8, "calendarSessionRate" float8, "outboundInteractionRate" float8, "calendarInteractionRate" float8
);
CREATE FUNCTION peers.activation_stats(tenant int, ids text[], from_at timestamptz, to_at timestamptz)
RETURNS SETOF peers.activation_stat LANGUAGE sql STABLE AS $function$
    SELECT noun ->> 'activationId', noun ->> 'eventKey', noun ->> 'eventName', noun ->> 'tier',
           clicks::int, outbound::int, calendar::int, sessions::int, views::int, outs::int, syncs::int,
           round(100.0 * outs / nullif(views, 0), 1)::float8, round(100.0 * syncs / nullif(views, 0), 1)::float8,
           round(100.0 * outs / nullif(sessions, 0), 1)::float8, round(100.0 * syncs / nullif(sessions, 0), 1)::float8
    FROM ({{events_activations}}) AS e (noun, clicks, outbound, calendar, sessions, views, outs, syncs)
$function$;

CREATE TYPE peers.standing AS (
    uuid text, name text, "uniqueUsers" int, "totalSessions" int, "totalPageViews" int, "avgSessionDurationSeconds" float8
);
CREATE FUNCTION peers.leaderboard(tenant int, from_at timestamptz, to_at timestamptz)
RETURNS SETOF peers.standing LANGUAGE sql STABLE AS $function$
    SELECT noun ->> 'uuid', noun ->> 'name', users::int, sessions::int, views::int, micros::float8 / nullif(sessions, 0) / 1e6
    FROM ({{events_leaderboard}}) AS e (noun, users, sessions, views, micros)
$function$;

CREATE TYPE peers.campaign_stat AS (
    "campaignKey" text, title text, "totalViewers" int, "totalLoginViewers" int, "peakConcurrentViewers" int, "newLoginViewers" int,
    "averageViewingTime" float8, "totalViewingTime" int, likes int, "likeViewers" int, "averageLikes" float8,
    chats int, "chatViewers" int, "averageChats" float8, "productClicks" int, "productClickViewers" int, "averageProductClicks" float8,
    "bannerClicks" int
);
CREATE FUNCTION peers.campaign_stats(tenant int, from_at timestamptz, to_at timestamptz)
RETURNS SETOF peers.campaign_stat LANGUAGE sql STABLE AS $function$
    SELECT noun ->> 'campaignKey', noun ->> 'title', viewers::int, logins::int, peak::int, firsts::int,
           micros::float8 / nullif(viewers, 0) / 1e6, ((micros + 500000) / 1000000)::int,
           likes::int, likers::int, likes::float8 / nullif(likers, 0), chats::int, chatters::int, chats::float8 / nullif(chatters, 0),
           products::int, shoppers::int, products::float8 / nullif(shoppers, 0), banners::int
    FROM ({{events_campaigns}}) AS e (noun, viewers, logins, peak, firsts, micros, likes, likers, chats, chatters, products, shoppers, banners)
$function$;

CREATE TYPE peers.engagement AS ("uniqueUsers" int, "totalSessions" int, "totalPageViews" int, "avgSessionDurationSeconds" float8);
CREATE FUNCTION peers.partner_series(tenant int, partner uuid, from_at timestamptz, to_at timestamptz, zone text)
RETURNS SETOF peers.engagement LANGUAGE sql STABLE AS $function$
    SELECT users::int, sessions::int, views::int, micros::float8 / nullif(sessions, 0) / 1e6
    FROM ({{events_series}}) AS e (users, sessions, views, micros)
$function$;
