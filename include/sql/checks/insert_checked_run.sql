-- Fills the temporary table checked_run with its one row.
-- Binds store, run_id, latest_utc, this_year, include_guests, min_cards, max_matched_drop.
INSERT INTO checked_run (
    store, run_id, latest_utc, this_year, include_guests, min_cards, max_matched_drop
)
VALUES (
    :store, :run_id, :latest_utc, :this_year, :include_guests, :min_cards, :max_matched_drop
)
