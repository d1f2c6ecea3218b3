-- Makes room for this run's plan, after what was sent has been set aside.
-- Writes changes. Binds store, run_id.
DELETE FROM changes
WHERE store = :store AND run_id = :run_id
