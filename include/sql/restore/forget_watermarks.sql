-- Makes the next run of every store read and plan in full.
-- Writes watermarks. No bind.
DELETE FROM watermarks
