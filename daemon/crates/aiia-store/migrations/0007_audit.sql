-- Schema version 7: who changed what, and requests that may be sent again.

-- Identifiers alone: what was said is not here. Refers to nothing, so that it outlives what it tells of.
CREATE TABLE audit_log (
    key       INTEGER PRIMARY KEY AUTOINCREMENT,
    at        TEXT NOT NULL,
    operation TEXT NOT NULL,
    client    TEXT NOT NULL,
    transport TEXT NOT NULL,
    token     TEXT,                              -- the name of the token, where it was one of the user's
    about     TEXT NOT NULL,                     -- JSON object of identifiers
    refused   TEXT                               -- the code of the problem; NULL: it was done
) STRICT;
CREATE INDEX audit_log_by_time ON audit_log (at, key);

-- HTTP requests with an Idempotency-Key. They are forgotten after a day.
CREATE TABLE idempotency_keys (
    caller     TEXT NOT NULL,                    -- whose key it is
    operation  TEXT NOT NULL,
    key        TEXT NOT NULL,
    request    TEXT NOT NULL,                    -- SHA-256 of the parameters in hexadecimal
    result     TEXT,                             -- JSON; NULL as long as it is not known
    created_at TEXT NOT NULL,
    PRIMARY KEY (caller, operation, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_time ON idempotency_keys (created_at);
