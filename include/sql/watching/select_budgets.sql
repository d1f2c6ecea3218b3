-- Every account's budget as it was last written.
-- Reads request_budgets. No bind. One row per account.
SELECT
    account,
    level,
    own_level,
    capacity,
    leaked_at_s,
    blocked_until_s
FROM request_budgets
