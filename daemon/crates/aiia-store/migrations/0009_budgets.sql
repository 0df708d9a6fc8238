-- Schema version 9: how models count tokens, and what was said early in long chats, in short.

-- One row a model. Refers to nothing, and holds no word of any question or answer.
CREATE TABLE token_factors (
    model    TEXT    NOT NULL PRIMARY KEY,       -- provider/model
    counted  REAL    NOT NULL,                   -- tokens of prompts as they are counted here; older prompts weigh less
    reported REAL    NOT NULL,                   -- the same as their server counted them
    samples  INTEGER NOT NULL                    -- prompts that were compared
) STRICT, WITHOUT ROWID;

-- What the messages of a branch up to and with this one say, made by a model for models. It can be made again.
CREATE TABLE summaries (
    message_id TEXT    NOT NULL PRIMARY KEY REFERENCES messages (id),
    text       TEXT    NOT NULL,
    messages   INTEGER NOT NULL,                 -- how many messages it stands for
    model      TEXT    NOT NULL,                 -- provider/model
    created_at TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
