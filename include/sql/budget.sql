-- name: take
-- Takes one request out of an account's budget if there is room: a leaky bucket that mirrors that
-- of Gorgias, and beside it one of our own use alone, which leaks at our share of the rate.
-- Reads and writes request_budgets. Binds account, capacity (until an answer tells the real one),
-- window_s, headroom, reserve (what this caller leaves free for urgent ones), share, now_s.
-- One row (level and capacity) when the request may be sent, none when it has to wait.
-- A row that is further in the future than a window was written before the clock was set back.
INSERT INTO request_budgets (account, level, own_level, capacity, leaked_at_s, blocked_until_s)
VALUES (:account, 1.0, 1.0, :capacity, :now_s, 0.0)
ON CONFLICT (account) DO UPDATE
    SET
        level = 1.0 + CASE
            WHEN request_budgets.leaked_at_s > :now_s + :window_s THEN 0.0
            WHEN
                request_budgets.level
                > request_budgets.capacity * (:now_s - request_budgets.leaked_at_s) / :window_s
                THEN
                    request_budgets.level
                    - request_budgets.capacity * (:now_s - request_budgets.leaked_at_s) / :window_s
            ELSE 0.0
        END,
        own_level = 1.0 + CASE
            WHEN request_budgets.leaked_at_s > :now_s + :window_s THEN 0.0
            WHEN
                request_budgets.own_level
                > :share * request_budgets.capacity
                * (:now_s - request_budgets.leaked_at_s) / :window_s
                THEN
                    request_budgets.own_level
                    - :share * request_budgets.capacity
                    * (:now_s - request_budgets.leaked_at_s) / :window_s
            ELSE 0.0
        END,
        leaked_at_s = :now_s
    WHERE
    (
        request_budgets.blocked_until_s <= :now_s
        OR request_budgets.blocked_until_s > :now_s + 1000.0
    )
    AND (
        request_budgets.leaked_at_s > :now_s + :window_s
        OR (
            request_budgets.level
            - request_budgets.capacity * (:now_s - request_budgets.leaked_at_s) / :window_s
            <= CASE
                WHEN request_budgets.capacity - :headroom - :reserve > 1.0
                    THEN request_budgets.capacity - :headroom - :reserve - 1.0
                ELSE 0.0
            END
            AND request_budgets.own_level
            - :share * request_budgets.capacity
            * (:now_s - request_budgets.leaked_at_s) / :window_s
            <= CASE
                WHEN :share * request_budgets.capacity - :reserve > 1.0
                    THEN :share * request_budgets.capacity - :reserve - 1.0
                ELSE 0.0
            END
        )
    )
RETURNING level, capacity;

-- name: select_budget
-- One account's budget as it was last written, to compute how long to wait.
-- Reads request_budgets. Binds account. One row; none before the first request of an account.
SELECT
    level,
    own_level,
    capacity,
    leaked_at_s,
    blocked_until_s
FROM request_budgets
WHERE account = :account;

-- name: correct
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
WHERE account = :account;

-- name: block
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
WHERE account = :account;
