-- One account's budget as it was last written, to compute how long to wait.
-- Reads request_budgets. Binds account. One row; none before the first request of an account.
SELECT
    level,
    own_level,
    capacity,
    leaked_at_s,
    blocked_until_s
FROM request_budgets
WHERE account = :account
