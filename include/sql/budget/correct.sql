-- Corrects the mirror by what an answer's header told: `change` is how much fuller (or emptier,
-- below zero) Gorgias' bucket is than ours, so that the use of other tools is seen.
-- Writes request_budgets. Binds account, change, capacity, share, window_s, now_s.
UPDATE request_budgets
SET
    level = CASE
        WHEN level + :change < capacity * (:now_s - leaked_at_s) / :window_s THEN 0.0
        WHEN
            level + :change - capacity * (:now_s - leaked_at_s) / :window_s > :capacity
            THEN :capacity
        ELSE level + :change - capacity * (:now_s - leaked_at_s) / :window_s
    END,
    own_level = CASE
        WHEN
            own_level > :share * capacity * (:now_s - leaked_at_s) / :window_s
            THEN own_level - :share * capacity * (:now_s - leaked_at_s) / :window_s
        ELSE 0.0
    END,
    capacity = :capacity,
    leaked_at_s = :now_s
WHERE account = :account
