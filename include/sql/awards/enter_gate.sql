-- Holds the store's gate until the end of the transaction, so that two requests never both find
-- room below a limit. SQLite's writers wait for each other anyway.
-- Writes award_gates. Binds store, now_utc.
INSERT INTO award_gates (store, passed_at_utc)
VALUES (:store, :now_utc)
ON CONFLICT (store) DO UPDATE
    SET passed_at_utc = excluded.passed_at_utc
