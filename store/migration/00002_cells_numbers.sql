-- +goose NO TRANSACTION
-- +goose Up

-- Sums over runs of buckets, out of the index alone: a row with its sets is large,
-- and a leaderboard adds up the numbers of many. What an attempt that was broken
-- off left behind goes first.
DROP INDEX CONCURRENTLY IF EXISTS cells_numbers;
CREATE INDEX CONCURRENTLY cells_numbers ON cells (tenant_id, subject_id, action, level, bucket) INCLUDE (events, starts, micros);

-- +goose Down
DROP INDEX CONCURRENTLY cells_numbers;
