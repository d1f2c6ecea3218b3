-- Empties the list: a full plan looks at every customer. Runs before the data is read, so that
-- what is added later is kept for the next plan.
-- Writes to_plan. Binds store.
DELETE FROM to_plan
WHERE store = :store
