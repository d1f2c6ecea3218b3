-- Corrects the mirror by what an answer's header told: `at_least` is how full Gorgias' bucket is
-- (so that the use of other tools is seen), `excess` how much we have counted too much.
-- Writes request_budgets. Binds account, at_least, excess, capacity, share, window_s, now_s.
-- Repeating it can only lower the level further, and never below `at_least`.
UPDATE request_budgets
SET
    level = CASE
        WHEN
            level - :excess - capacity * (:now_s - leaked_at_s) / :window_s > :at_least
            THEN level - :excess - capacity * (:now_s - leaked_at_s) / :window_s
        ELSE :at_least
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
