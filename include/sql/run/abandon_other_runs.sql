-- Marks runs that another run outlived, so that they fail instead of working in between.
-- Writes runs. Binds store, run_id (of the run that goes on), now_utc.
UPDATE runs
SET state = 'abandoned', ended_at_utc = :now_utc
WHERE store = :store AND run_id <> :run_id AND state = 'running'
