-- What the checks of one step compare with, as one row that lives as long as the connection does:
-- so a check reads its values from a table and none is ever written into its text.
-- Makes the temporary table checked_run; its columns are the names that a check may bind.
CREATE TEMPORARY TABLE checked_run (
    store TEXT NOT NULL,
    run_id TEXT NOT NULL,
    latest_utc TEXT NOT NULL,
    this_year INTEGER NOT NULL,
    include_guests INTEGER NOT NULL,
    min_cards INTEGER NOT NULL,
    max_matched_drop DOUBLE PRECISION NOT NULL
)
