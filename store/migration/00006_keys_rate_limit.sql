-- +goose Up

-- How many requests a key may send a minute, 0 without a limit; null is what the
-- gateway gives everyone.
ALTER TABLE api_keys ADD COLUMN rate_limit int;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_rate_limit CHECK (rate_limit >= 0);

-- +goose Down
ALTER TABLE api_keys DROP COLUMN rate_limit;
