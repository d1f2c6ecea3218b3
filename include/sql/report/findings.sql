-- name: select_quality_results
-- What the checks of a run found.
-- Reads quality_results. Binds store, run_id. One row per step and expectation.
SELECT
    step,
    expectation,
    says,
    severity,
    passed,
    failing_count,
    failing_ids
FROM quality_results
WHERE store = :store AND run_id = :run_id;

-- name: count_rejected_records
-- What was wrong with the rows that an extract set aside; whole files are apart.
-- Reads rejected_records. Binds store, run_id, how_many. One row per source, field and reason.
SELECT
    source,
    field,
    reason,
    COUNT(*) AS records,
    MIN(record_id) AS example_id
FROM rejected_records
WHERE store = :store AND run_id = :run_id AND source <> 'member_files'
GROUP BY source, field, reason
ORDER BY records DESC, source ASC, field ASC, reason ASC
LIMIT :how_many;

-- name: select_files_left
-- Which member files a run did not read, and why.
-- Reads rejected_records. Binds store, run_id, how_many. One row per file.
SELECT
    record_id AS file_name,
    reason
FROM rejected_records
WHERE store = :store AND run_id = :run_id AND source = 'member_files'
ORDER BY position ASC
LIMIT :how_many;

-- name: count_failed_changes
-- Why writes of a run failed. An error may name the customer's path, so there can be many of them.
-- Reads changes. Binds store, run_id. One row per error.
SELECT
    COALESCE(error, 'no reason was kept') AS error,
    COUNT(*) AS changes
FROM changes
WHERE store = :store AND run_id = :run_id AND state = 'failed'
GROUP BY COALESCE(error, 'no reason was kept');

-- name: select_newest_cards
-- The cards that changed last, of members who are there, to see which keys they have.
-- Reads members. Binds store, how_many. One row per member.
SELECT card
FROM members
WHERE store = :store AND gone_at_utc IS NULL AND status <> 'erased'
ORDER BY changed_at_utc DESC, member_id ASC
LIMIT :how_many;

-- name: select_awards_to_look_at
-- The awards that somebody has to look at: refused or unknown, settled lately, the newest first.
-- Leaves out a refused one when its person got another one since: any award if it was refused for
-- who the person was, the same amount if the platform refused it. An unknown one stays, as another
-- award tells nothing about it. One person goes by several names, e-mails and members' ids; each
-- award is laid out once a name, as sorting by name is far cheaper than comparing all with all.
-- `customer_id` has the e-mail that was asked for, `matched_member_id` is who that is by now.
-- Reads awards, customers, matches, members. Binds store, since_utc, detail (empty for all),
-- how_many. One row per award; `award_count` is how many there are without the limit.
WITH settled AS (
    SELECT
        awards.award_id,
        awards.settled_at_utc,
        awards.subject,
        awards.email,
        awards.member_id,
        awards.unit,
        awards.amount,
        awards.agent,
        awards.ticket_id,
        awards.state,
        awards.detail,
        MIN(members.email_key) AS member_email,
        MIN(customers.customer_id) AS customer_id,
        MIN(matches.member_id) AS matched_member_id
    FROM awards
    LEFT JOIN members
        ON awards.store = members.store AND awards.member_id = members.member_id
    LEFT JOIN customers
        ON
            awards.store = customers.store
            AND awards.email = customers.email_key
            AND customers.gone_at_utc IS NULL
    LEFT JOIN matches
        ON customers.store = matches.store AND customers.customer_id = matches.customer_id
    WHERE
        awards.store = :store
        AND awards.state IN ('refused', 'unknown', 'applied')
        AND awards.settled_at_utc >= :since_utc
    GROUP BY awards.store, awards.award_id
),

kinds (kind) AS (
    VALUES ('subject'), ('email'), ('member'), ('member_email'), ('matched')
),

named AS (
    SELECT
        settled.award_id,
        settled.settled_at_utc,
        settled.unit,
        settled.amount,
        settled.state,
        settled.detail,
        CASE kinds.kind
            WHEN 'subject' THEN settled.subject
            WHEN 'email' THEN settled.email
            WHEN 'member' THEN settled.member_id
            WHEN 'member_email' THEN settled.member_email
            WHEN 'matched' THEN settled.matched_member_id
        END AS person
    FROM settled
    CROSS JOIN kinds
),

compared AS (
    SELECT
        award_id,
        settled_at_utc,
        state,
        detail,
        MAX(CASE WHEN state = 'applied' THEN settled_at_utc END)
            OVER (PARTITION BY person)
            AS last_applied_utc,
        MAX(CASE WHEN state = 'applied' THEN settled_at_utc END)
            OVER (PARTITION BY person, unit, amount)
            AS like_applied_utc
    FROM named
    WHERE person IS NOT NULL
)

SELECT
    award_id,
    settled_at_utc,
    unit,
    amount,
    agent,
    ticket_id,
    state,
    detail,
    member_id AS asked_member_id,
    matched_member_id,
    customer_id,
    COUNT(*) OVER () AS award_count
FROM settled
WHERE
    state IN ('refused', 'unknown')
    AND (:detail = '' OR detail = :detail)
    AND award_id NOT IN (
        SELECT compared.award_id
        FROM compared
        WHERE
            compared.state = 'refused'
            AND compared.settled_at_utc < CASE
                WHEN compared.detail IN ('customer_not_found', 'guest', 'excluded')
                    THEN compared.last_applied_utc
                ELSE compared.like_applied_utc
            END
    )
ORDER BY settled_at_utc DESC, award_id ASC
LIMIT :how_many;
