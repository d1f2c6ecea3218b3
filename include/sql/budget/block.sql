-- Gorgias answered 429: its bucket is full, and nobody sends until `until_s`.
-- Writes request_budgets. Binds account, until_s, share, window_s, now_s.
UPDATE request_budgets
SET
    level = capacity,
    own_level = CASE
        WHEN
            own_level > :share * capacity * (:now_s - leaked_at_s) / :window_s
            THEN own_level - :share * capacity * (:now_s - leaked_at_s) / :window_s
        ELSE 0.0
    END,
    leaked_at_s = :now_s,
    blocked_until_s = CASE
        WHEN blocked_until_s > :until_s AND blocked_until_s < :now_s + 1000.0 THEN blocked_until_s
        ELSE :until_s
    END
WHERE account = :account
