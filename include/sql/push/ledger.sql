-- name: select_card
-- The card to show at one place of a customer, with all that its write needs: a member's as it is
-- now, which may be newer than a plan. `accepted_fingerprint` is of the card that Gorgias last
-- accepted there, in words of `accepted_texts` and in `accepted_form`; `current_fingerprint` of the
-- one that it has, reckoned as the plan does.
-- A member's card is there only while the match that paired the two still holds by what is staged
-- now: an address that changed hands, an exclusion or an undone link waits for the next match.
-- `changed_at_utc` and `scanned_at_utc` are when the member was last known to be so.
-- `activity` is what a lookup read of the member's movements, while the card is the one of then.
-- Reads customers, members, matches, links, customer_channels, pushed_cards, activities,
-- watermarks. Binds store, customer_id, destination, member_id (NULL for the card of who is no
-- member), guest_status ('guest' when guests count as members, else 'member').
-- One row, or none when the customer is not staged.
SELECT
    c.email,
    c.other_data,
    c.field_ids,
    c.read_at_utc,
    c.language,
    m.card,
    m.card_fingerprint,
    m.points_balance,
    m.changed_at_utc,
    p.version_utc,
    p.fingerprint AS accepted_fingerprint,
    p.field_values AS accepted_values,
    p.texts_version AS accepted_texts,
    p.form AS accepted_form,
    p.activity AS accepted_activity,
    a.said AS activity,
    CASE
        WHEN
            :destination = 'customer_data'
            AND c.shown_fingerprint IS NOT NULL
            AND (p.pushed_at_utc IS NULL OR c.read_at_utc > p.pushed_at_utc)
            THEN
                CASE
                    WHEN c.shown_fingerprint = p.shown_fingerprint THEN p.fingerprint
                    ELSE NULLIF(c.shown_fingerprint, 'none')
                END
        ELSE p.fingerprint
    END AS current_fingerprint,
    (
        SELECT w.full_scan_at_utc FROM watermarks AS w
        WHERE w.store = c.store AND w.source = 'members'
    ) AS scanned_at_utc
FROM customers AS c
LEFT JOIN members AS m
    ON
        c.store = m.store
        AND m.member_id = :member_id
        AND m.gone_at_utc IS NULL
        AND m.status IN ('member', :guest_status)
        AND EXISTS (
            SELECT 1
            FROM matches AS mt
            LEFT JOIN links AS l
                ON
                    mt.store = l.store
                    AND mt.customer_id = l.customer_id
                    AND mt.member_id = l.member_id
            WHERE
                mt.store = c.store
                AND mt.customer_id = c.customer_id
                AND mt.member_id = m.member_id
                AND CASE mt.rule
                    WHEN 'link' THEN l.customer_id IS NOT NULL
                    WHEN 'email' THEN c.email_key = m.email_key
                    WHEN 'channel'
                        THEN EXISTS (
                            SELECT 1
                            FROM customer_channels AS ch
                            WHERE
                                ch.store = mt.store
                                AND ch.customer_id = mt.customer_id
                                AND ch.email_key = m.email_key
                        )
                END
                AND (
                    mt.rule = 'link'
                    OR NOT EXISTS (
                        SELECT 1
                        FROM members AS rival
                        WHERE
                            rival.store = m.store
                            AND rival.member_id <> m.member_id
                            AND rival.email_key IN (m.email_key, c.email_key)
                            AND rival.gone_at_utc IS NULL
                            AND rival.status IN ('member', :guest_status)
                    )
                )
        )
LEFT JOIN pushed_cards AS p
    ON
        c.store = p.store
        AND c.customer_id = p.customer_id
        AND p.destination = :destination
LEFT JOIN activities AS a
    ON
        m.store = a.store
        AND m.member_id = a.member_id
        AND m.card_fingerprint = a.card_fingerprint
WHERE c.store = :store AND c.customer_id = :customer_id;

-- name: upsert_pushed_card
-- Keeps in the ledger what Gorgias accepted, unless a later version is there: of two that write at
-- once, it is the later one that Gorgias keeps. Field values stay known where none were written, as
-- does how a card is seen that was there already.
-- Writes pushed_cards. Binds one per column.
INSERT INTO pushed_cards (
    store,
    customer_id,
    destination,
    fingerprint,
    is_member,
    points_balance,
    version_utc,
    pushed_at_utc,
    field_values,
    texts_version,
    shown_fingerprint,
    form,
    activity
)
VALUES (
    :store,
    :customer_id,
    :destination,
    :fingerprint,
    :is_member,
    :points_balance,
    :version_utc,
    :pushed_at_utc,
    :field_values,
    :texts_version,
    :shown_fingerprint,
    :form,
    :activity
)
ON CONFLICT (store, customer_id, destination) DO UPDATE
    SET
        fingerprint = excluded.fingerprint,
        is_member = excluded.is_member,
        points_balance = excluded.points_balance,
        version_utc = excluded.version_utc,
        pushed_at_utc = excluded.pushed_at_utc,
        field_values = COALESCE(excluded.field_values, pushed_cards.field_values),
        texts_version = excluded.texts_version,
        shown_fingerprint = COALESCE(excluded.shown_fingerprint, pushed_cards.shown_fingerprint),
        form = excluded.form,
        activity = excluded.activity
    WHERE excluded.version_utc >= pushed_cards.version_utc;

-- name: select_readback_sample
-- A sample of what the run wrote, spread over all of it by an arbitrary but repeatable order.
-- Leaves out members whose card changed after the write, and customers whom somebody else showed a
-- card since.
-- Reads changes, pushed_cards, members. Binds store, run_id, sample. One row per change.
SELECT
    changes.customer_id,
    changes.destination,
    changes.outcome,
    changes.member_id
FROM changes
INNER JOIN pushed_cards
    ON
        changes.store = pushed_cards.store
        AND changes.customer_id = pushed_cards.customer_id
        AND changes.destination = pushed_cards.destination
        AND changes.ledger_version_utc = pushed_cards.version_utc
LEFT JOIN members
    ON changes.store = members.store AND changes.member_id = members.member_id
WHERE
    changes.store = :store
    AND changes.run_id = :run_id
    AND changes.state = 'done'
    AND (changes.outcome <> 'matched' OR members.card_fingerprint = changes.fingerprint)
ORDER BY
    SUBSTR(changes.fingerprint, 1, 8) ASC, changes.customer_id ASC, changes.destination ASC
LIMIT :sample;

-- name: delete_pushed_card
-- Forgets a card that stands in Gorgias no more.
-- Writes pushed_cards. Binds store, customer_id, destination.
DELETE FROM pushed_cards
WHERE store = :store AND customer_id = :customer_id AND destination = :destination;

-- name: delete_lost_card
-- Forgets a card that did not arrive, so that the next plan sends it again; not one that somebody
-- else brought since, or is bringing, as the member's card is another one by now.
-- Reads changes, members, writes pushed_cards. Binds store, run_id, customer_id, destination.
DELETE FROM pushed_cards
WHERE
    store = :store
    AND customer_id = :customer_id
    AND destination = :destination
    AND version_utc = (
        SELECT c.ledger_version_utc
        FROM changes AS c
        LEFT JOIN members AS m ON c.store = m.store AND c.member_id = m.member_id
        WHERE
            c.store = :store
            AND c.run_id = :run_id
            AND c.customer_id = :customer_id
            AND c.destination = :destination
            AND (c.outcome <> 'matched' OR m.card_fingerprint = c.fingerprint)
    );

-- name: insert_to_plan
-- Puts a customer on the list of what the next plan looks at.
-- Touches the row even when it is there, so that one being taken off right now comes back.
-- Writes to_plan. Binds store, customer_id.
INSERT INTO to_plan (store, customer_id)
VALUES (:store, :customer_id)
ON CONFLICT (store, customer_id) DO UPDATE
    SET customer_id = excluded.customer_id;

-- name: select_cards_to_rewrite
-- Cards that Gorgias accepted in another form than the one of now, with what each customer is to be
-- shown: those with a recent ticket first, then by id. `place` is 0 for the former, 1 for the rest.
-- Reads pushed_cards, matches, unmatched_customers, tickets (recent ones only), further_tickets.
-- Binds store, form_now, audience (to whom the store writes), place and after (where the last look
-- ended), chunk. One row per customer.
SELECT
    found.place,
    found.customer_id,
    found.outcome,
    found.member_id
FROM (
    SELECT
        p.customer_id,
        mt.member_id,
        COALESCE(u.outcome, 'matched') AS outcome,
        CASE
            WHEN
                EXISTS (
                    SELECT 1 FROM tickets AS t
                    WHERE t.store = p.store AND t.customer_id = p.customer_id
                )
                THEN 0
            ELSE 1
        END AS place
    FROM pushed_cards AS p
    LEFT JOIN matches AS mt ON p.store = mt.store AND p.customer_id = mt.customer_id
    LEFT JOIN unmatched_customers AS u ON p.store = u.store AND p.customer_id = u.customer_id
    WHERE
        p.store = :store
        AND p.destination = 'customer_data'
        AND p.form IS DISTINCT FROM :form_now
        AND p.fingerprint <> 'none'
        AND (mt.member_id IS NOT NULL OR u.outcome IS NOT NULL)
) AS found
WHERE
    (found.place > :place OR (found.place = :place AND found.customer_id > :after))
    AND (
        :audience = 'everybody'
        OR found.place = 0
        OR EXISTS (
            SELECT 1 FROM further_tickets AS f
            WHERE f.store = :store AND f.customer_id = found.customer_id
        )
    )
ORDER BY found.place ASC, found.customer_id ASC
LIMIT :chunk;

-- name: forget_forms
-- Has every card of a store count as written in another form than the one of now.
-- Writes pushed_cards. Binds store.
UPDATE pushed_cards
SET form = NULL
WHERE store = :store AND destination = 'customer_data' AND form IS NOT NULL;

-- name: select_without_card
-- Customers who are to have a card and have none, by id.
-- Reads matches, unmatched_customers, customers, pushed_cards. Binds store, destination,
-- non_member_cards, after (where the last look ended), chunk. One row per customer.
SELECT
    found.customer_id,
    found.outcome,
    found.member_id
FROM (
    SELECT
        mt.customer_id,
        mt.member_id,
        'matched' AS outcome
    FROM matches AS mt
    WHERE mt.store = :store AND mt.customer_id > :after
    UNION ALL
    SELECT
        u.customer_id,
        NULL AS member_id,
        u.outcome
    FROM unmatched_customers AS u
    WHERE
        u.store = :store
        AND u.customer_id > :after
        AND u.outcome <> 'merged_or_deleted'
        AND :non_member_cards = 'all'
) AS found
INNER JOIN customers AS c ON c.store = :store AND found.customer_id = c.customer_id
LEFT JOIN pushed_cards AS p
    ON
        p.store = :store
        AND found.customer_id = p.customer_id
        AND p.destination = :destination
WHERE
    c.gone_at_utc IS NULL
    AND COALESCE(p.fingerprint, 'none') = 'none'
ORDER BY found.customer_id ASC
LIMIT :chunk;
