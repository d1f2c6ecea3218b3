-- Leaves of an award who awarded how much and when, and not for whom.
-- Writes awards. Binds store, award_id, no_key (what the idempotency key becomes), no_content.
UPDATE awards
SET
    idempotency_key = :no_key,
    content_hash = :no_content,
    email = NULL,
    member_id = NULL,
    subject = 'erased',
    note = NULL,
    message = NULL,
    ticket_id = NULL,
    entry_id = NULL,
    detail = CASE WHEN detail LIKE '% %' THEN NULL ELSE detail END
WHERE store = :store AND award_id = :award_id
