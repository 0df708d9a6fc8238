-- Schema version 8: texts and images that go with messages.

-- Contents, each once.
CREATE TABLE attachment_contents (
    sha256 TEXT NOT NULL PRIMARY KEY,            -- in hexadecimal
    data   BLOB NOT NULL
) STRICT;

CREATE TABLE attachments (
    key        INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('text', 'image')),
    media_type TEXT    NOT NULL,
    bytes      INTEGER NOT NULL,
    sha256     TEXT    NOT NULL REFERENCES attachment_contents (sha256),
    created_at TEXT    NOT NULL
) STRICT;
CREATE INDEX attachments_by_content ON attachments (sha256);

-- What goes with which message. One that goes with none is forgotten after a day.
CREATE TABLE message_attachments (
    message_id    TEXT    NOT NULL REFERENCES messages (id),
    position      INTEGER NOT NULL,              -- 0, 1, 2 …
    attachment_id TEXT    NOT NULL REFERENCES attachments (id),
    PRIMARY KEY (message_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_attachments_by_attachment ON message_attachments (attachment_id);
