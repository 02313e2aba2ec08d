-- +goose NO TRANSACTION
-- +goose Up

-- All partners of a run of days or months, for leaderboards. 4 is PageView.
DROP INDEX CONCURRENTLY IF EXISTS cells_page_views;
CREATE INDEX CONCURRENTLY cells_page_views ON cells (tenant_id, level, bucket, subject_id) INCLUDE (events, starts, micros)
    WHERE action = 4;

-- +goose Down
DROP INDEX CONCURRENTLY cells_page_views;
