-- What is asked of many rows is found without reading them. Changes no content; a process of the version
-- before works beside it.

-- `accolade deliveries --state`: any state but that of almost all.
CREATE INDEX deliveries_undone ON deliveries (state, received_at DESC, id DESC) WHERE state <> 'done';
DROP INDEX IF EXISTS deliveries_open;

-- `/metrics` counts them.
CREATE INDEX notices_parked ON notices (created_at) WHERE state = 'parked';
CREATE INDEX wallet_offers_parked ON wallet_offers (created_at) WHERE state = 'parked';
