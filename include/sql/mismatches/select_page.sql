-- One page of the mismatches that a person asked for, each with who it is and who it may be.
-- What takes more than the row itself is asked of all of them only when they are sorted by it.
-- Reads mismatches, ignored_mismatches, suggestions, refused_suggestions, customers, members,
-- tickets, links.
-- Binds store; now_utc; side and outcome (empty for all); status (open, settled, ignored or all);
-- subject_id, ticket_id and email_key (empty or 0: whoever); only_suggested (1: with a suggestion);
-- min_score; sort (newest, oldest, surest, tickets or returned); most; skip.
-- Two parts are read twice, to count and to sort: keeping their rows would take longer.
-- One row per mismatch; `found` is how many there are on all pages.
WITH asked AS NOT MATERIALIZED (
    SELECT
        m.store,
        m.side,
        m.subject_id,
        m.outcome,
        m.opened_at_utc,
        m.settled_at_utc,
        m.returned,
        i.reason AS ignored_reason,
        i.until_utc AS ignored_until_utc,
        CASE WHEN m.side = 'customer' THEN CAST(m.subject_id AS BIGINT) END AS customer_id
    FROM mismatches AS m
    LEFT JOIN ignored_mismatches AS i
        ON
            m.store = i.store
            AND m.side = i.side
            AND m.subject_id = i.subject_id
            AND (i.until_utc IS NULL OR i.until_utc > :now_utc)
    WHERE
        m.store = :store
        AND (:side = '' OR m.side = :side)
        AND (:outcome = '' OR m.outcome = :outcome)
        AND (
            :status = 'all'
            OR (:status = 'settled' AND m.settled_at_utc IS NOT NULL)
            OR (:status = 'open' AND m.settled_at_utc IS NULL AND i.reason IS NULL)
            OR (:status = 'ignored' AND m.settled_at_utc IS NULL AND i.reason IS NOT NULL)
        )
        AND (
            (:subject_id = '' AND :ticket_id = 0)
            OR m.subject_id = :subject_id
            OR (
                m.side = 'customer'
                AND m.subject_id IN (
                    SELECT CAST(t.customer_id AS TEXT)
                    FROM tickets AS t
                    WHERE t.store = :store AND t.ticket_id = :ticket_id
                )
            )
        )
        AND (
            :email_key = ''
            OR (
                m.side = 'customer'
                AND m.subject_id IN (
                    SELECT CAST(c.customer_id AS TEXT)
                    FROM customers AS c
                    WHERE c.store = :store AND c.email_key = :email_key
                )
            )
            OR (
                m.side = 'member'
                AND m.subject_id IN (
                    SELECT n.member_id
                    FROM members AS n
                    WHERE n.store = :store AND n.email_key = :email_key
                )
            )
        )
),

best AS (
    SELECT
        s.customer_id,
        MAX(s.score) AS score
    FROM suggestions AS s
    WHERE
        s.store = :store
        AND (:sort = 'surest' OR :only_suggested = 1)
        AND s.score >= :min_score
        AND NOT EXISTS (
            SELECT 1
            FROM refused_suggestions AS refused
            WHERE
                refused.store = s.store
                AND refused.customer_id = s.customer_id
                AND refused.member_id = s.member_id
        )
    GROUP BY s.customer_id
),

written AS (
    SELECT
        customer_id,
        COUNT(*) AS tickets
    FROM tickets
    WHERE store = :store AND :sort = 'tickets'
    GROUP BY customer_id
),

measured AS NOT MATERIALIZED (
    SELECT
        a.*,
        b.score AS best_score,
        CASE WHEN :sort = 'newest' THEN a.opened_at_utc END AS newest,
        CASE WHEN :sort = 'oldest' THEN a.opened_at_utc END AS oldest,
        CASE WHEN :sort = 'returned' THEN a.returned ELSE w.tickets END AS most
    FROM asked AS a
    LEFT JOIN best AS b ON a.customer_id = b.customer_id
    LEFT JOIN written AS w ON a.customer_id = w.customer_id
),

paged AS (
    SELECT
        m.*,
        (
            SELECT s.member_id
            FROM suggestions AS s
            WHERE
                s.store = m.store
                AND s.customer_id = m.customer_id
                AND s.score >= :min_score
                AND NOT EXISTS (
                    SELECT 1
                    FROM refused_suggestions AS refused
                    WHERE
                        refused.store = s.store
                        AND refused.customer_id = s.customer_id
                        AND refused.member_id = s.member_id
                )
            ORDER BY s.score DESC, s.member_id ASC
            LIMIT 1
        ) AS suggested_member_id
    FROM (
        SELECT *
        FROM measured
        WHERE :only_suggested = 0 OR best_score IS NOT NULL
        ORDER BY
            newest DESC,
            oldest ASC,
            COALESCE(best_score, -1) DESC,
            COALESCE(most, 0) DESC,
            side ASC,
            subject_id ASC
        LIMIT :most OFFSET :skip
    ) AS m
)

SELECT
    p.side,
    p.subject_id,
    p.outcome,
    p.opened_at_utc,
    p.settled_at_utc,
    p.returned,
    p.ignored_reason,
    p.ignored_until_utc,
    p.suggested_member_id,
    s.score,
    s.reasons,
    c.name AS customer_name,
    c.email AS customer_email,
    n.card,
    n.email AS member_email,
    l.member_id AS linked_member_id,
    (
        SELECT COUNT(*)
        FROM measured AS m
        WHERE :only_suggested = 0 OR m.best_score IS NOT NULL
    ) AS found,
    (
        SELECT COUNT(*)
        FROM tickets AS t
        WHERE t.store = p.store AND t.customer_id = p.customer_id
    ) AS ticket_count,
    (
        SELECT MAX(t.ticket_id)
        FROM tickets AS t
        WHERE t.store = p.store AND t.customer_id = p.customer_id
    ) AS newest_ticket_id
FROM paged AS p
LEFT JOIN suggestions AS s
    ON
        p.store = s.store
        AND p.customer_id = s.customer_id
        AND p.suggested_member_id = s.member_id
LEFT JOIN customers AS c ON p.store = c.store AND p.customer_id = c.customer_id
LEFT JOIN links AS l ON p.store = l.store AND p.customer_id = l.customer_id
LEFT JOIN members AS n
    ON
        p.store = n.store
        AND n.member_id = CASE
            WHEN p.side = 'member' THEN p.subject_id ELSE p.suggested_member_id
        END
ORDER BY
    p.newest DESC,
    p.oldest ASC,
    COALESCE(p.best_score, -1) DESC,
    COALESCE(p.most, 0) DESC,
    p.side ASC,
    p.subject_id ASC
