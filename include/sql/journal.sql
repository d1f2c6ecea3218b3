-- name: insert_entry
-- Takes something into the journal, in the transaction that does it.
-- Writes journal. Binds entry_id, store, kind, content, now_utc.
INSERT INTO journal (entry_id, store, kind, content, at_utc)
VALUES (:entry_id, :store, :kind, :content, :now_utc);

-- name: hold_numbers
-- Holds the row of the journal, so that numbers are given by one process at a time.
-- Writes store_state. Binds store (the empty one), key. No row where no journal is begun.
UPDATE store_state
SET key = key
WHERE store = :store AND key = :key
RETURNING content, updated_at_utc;

-- name: select_last_number
-- The highest number that was given, and how many entries are in no file yet.
-- Reads journal. No bind. One row; NULL for no number.
SELECT
    MAX(number) AS last_number,
    SUM(CASE WHEN kept_at_utc IS NULL THEN 1 ELSE 0 END) AS pending,
    MIN(CASE WHEN kept_at_utc IS NULL THEN at_utc END) AS pending_since_utc,
    MAX(CASE WHEN kept_at_utc IS NOT NULL THEN number END) AS last_kept
FROM journal;

-- name: select_unnumbered
-- Entries that have no number yet, the oldest first.
-- Reads journal. No bind. One row per entry.
SELECT entry_id
FROM journal
WHERE number IS NULL
ORDER BY entry_id ASC;

-- name: give_number
-- Gives an entry its number in the journal.
-- Writes journal. Binds entry_id, number.
UPDATE journal
SET number = :number
WHERE entry_id = :entry_id;

-- name: select_pending
-- Entries with a number that are in no file yet, in their order.
-- Reads journal. No bind. One row per entry.
SELECT
    entry_id,
    store,
    number,
    kind,
    content,
    at_utc
FROM journal
WHERE number IS NOT NULL AND kept_at_utc IS NULL
ORDER BY number ASC;

-- name: select_entry
-- One entry by its number.
-- Reads journal. Binds number. No row or one.
SELECT
    entry_id,
    store,
    number,
    kind,
    content,
    at_utc
FROM journal
WHERE number = :number;

-- name: mark_kept
-- Keeps that an entry is a file.
-- Writes journal. Binds entry_id, number, now_utc.
UPDATE journal
SET
    number = :number,
    kept_at_utc = :now_utc
WHERE entry_id = :entry_id;

-- name: forget_kept
-- Has the files above a number written again, as they are not there any more.
-- Writes journal. Binds number.
UPDATE journal
SET kept_at_utc = NULL
WHERE number > :number;

-- name: forget_numbers
-- Has entries above a number get another one, as theirs may be taken in the folder.
-- Writes journal. Binds number.
UPDATE journal
SET
    number = NULL,
    kept_at_utc = NULL
WHERE number > :number;

-- name: select_known
-- Which entries are known, whether kept or not.
-- Reads journal. No bind. One row per entry.
SELECT entry_id
FROM journal;

-- name: insert_kept
-- Takes over an entry that a file holds and the database does not.
-- Writes journal. Binds entry_id, store, number, kind, content, at_utc, now_utc.
INSERT INTO journal (entry_id, store, number, kind, content, at_utc, kept_at_utc)
VALUES (:entry_id, :store, :number, :kind, :content, :at_utc, :now_utc);

-- name: select_newest_run
-- When a run of any store last began: a backup is not older than that.
-- Reads runs. No bind. One row, NULL where no run ever began.
SELECT MAX(started_at_utc)
FROM runs;
