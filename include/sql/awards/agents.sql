-- name: select_agent
-- Whether whom an award names as agent is an active user of the Gorgias account, as of when.
-- Reads gorgias_agents. Binds store, agent. No row or one.
SELECT
    is_active,
    read_at_utc
FROM gorgias_agents
WHERE store = :store AND agent = :agent;

-- name: upsert_agent
-- Keeps a user of the Gorgias account as it was read.
-- Writes gorgias_agents. Binds store, agent, user_id, is_active, now_utc.
INSERT INTO gorgias_agents (store, agent, user_id, is_active, read_at_utc)
VALUES (:store, :agent, :user_id, :is_active, :now_utc)
ON CONFLICT (store, agent) DO UPDATE
    SET
        user_id = excluded.user_id,
        is_active = excluded.is_active,
        read_at_utc = excluded.read_at_utc;

-- name: delete_gone_agents
-- Forgets who was no user of the account any more when all were read.
-- Writes gorgias_agents. Binds store, now_utc (when they were read).
DELETE FROM gorgias_agents
WHERE store = :store AND read_at_utc < :now_utc;

-- name: claim_lookup
-- Takes the turn to ask Gorgias for its users; no row is written when somebody asked a moment ago.
-- A turn of long after now is that of a clock that was set back since.
-- Writes store_state. Binds store, key, now_utc, before_utc, after_utc.
INSERT INTO store_state (store, key, content, updated_at_utc)
VALUES (:store, :key, '', :now_utc)
ON CONFLICT (store, key) DO UPDATE
    SET updated_at_utc = excluded.updated_at_utc
    WHERE store_state.updated_at_utc NOT BETWEEN :before_utc AND :after_utc;

-- name: select_lookup
-- When Gorgias was last asked for its users, and (`content`) when it last told all of them.
-- Reads store_state. Binds store, key. No row or one.
SELECT
    content,
    updated_at_utc
FROM store_state
WHERE store = :store AND key = :key;
