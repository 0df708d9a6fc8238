-- Schema version 10: answers that may be given again, and which runs they were given to.

-- Answers to requests whose outcome is determined, where the user wants them kept. They can be made again.
CREATE TABLE answer_cache (
    key        TEXT    NOT NULL PRIMARY KEY,     -- hash of all that was sent
    chat_id    TEXT    NOT NULL,                 -- where it was asked first: the answer goes with that chat
    text       TEXT    NOT NULL,                 -- as the model gave it
    created_at TEXT    NOT NULL
) STRICT;
CREATE INDEX answer_cache_by_creation ON answer_cache (created_at);
CREATE INDEX answer_cache_by_chat ON answer_cache (chat_id);

ALTER TABLE runs ADD COLUMN from_cache INTEGER NOT NULL DEFAULT 0;         -- the answer was a kept one
ALTER TABLE usage_ledger ADD COLUMN from_cache INTEGER NOT NULL DEFAULT 0;
