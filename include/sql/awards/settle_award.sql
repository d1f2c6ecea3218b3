-- A person says what became of an award that nobody could tell of. One that goes back to where it
-- waited begins anew.
-- Writes awards. Binds store, award_id, state, detail, now_utc.
UPDATE awards
SET
    state = :state,
    detail = :detail,
    alert_run_id = NULL,
    sends = CASE WHEN :state IN ('queued', 'approved') THEN 0 ELSE sends END,
    sent_at_utc = CASE WHEN :state IN ('queued', 'approved') THEN NULL ELSE sent_at_utc END,
    settled_at_utc = CASE WHEN :state IN ('queued', 'approved') THEN NULL ELSE :now_utc END
WHERE store = :store AND award_id = :award_id AND state = 'unknown'
