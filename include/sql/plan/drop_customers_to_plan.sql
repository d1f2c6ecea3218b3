-- Removes the view of the customers to look at, so that this plan can make its own.
-- Writes nothing else. No binds.
DROP VIEW IF EXISTS customers_to_plan
