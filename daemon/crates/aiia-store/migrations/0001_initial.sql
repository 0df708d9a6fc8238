-- The store of aiia, schema version 1. The file may be read with any SQLite tool.
--
-- Identifiers are UUIDv7 text. Times are RFC 3339 in UTC with milliseconds, so that they sort as text.
-- `key` is a stable row number in the order of insertion: a parent always has a smaller key than its children.
-- `deleted_at` marks what is deleted and can still be brought back; nothing that is marked is shown.
-- `version` counts up with every change of a row that a client can see, times alone excepted.

-- "aiia" in ASCII: tells the file apart from the databases of other programs.
PRAGMA application_id = 1634298209;

-- Where chats belong.
CREATE TABLE projects (
    key           INTEGER PRIMARY KEY,
    id            TEXT    NOT NULL UNIQUE,
    name          TEXT    NOT NULL,
    system_prompt TEXT,
    model         TEXT,                          -- provider/model
    created_at    TEXT    NOT NULL,
    updated_at    TEXT    NOT NULL,              -- of the project or one of its chats
    deleted_at    TEXT,
    version       INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX projects_by_update ON projects (updated_at, id) WHERE deleted_at IS NULL;

-- The folders that a project is bound to. A folder may be bound to several projects.
CREATE TABLE project_folders (
    project_id TEXT    NOT NULL REFERENCES projects (id),
    position   INTEGER NOT NULL,                 -- 0, 1, 2 … in the user's order
    folder     TEXT    NOT NULL,                 -- absolute, without a trailing separator
    PRIMARY KEY (project_id, position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX project_folders_by_folder ON project_folders (folder, project_id);

-- A tree of messages inside a project.
CREATE TABLE chats (
    key           INTEGER PRIMARY KEY,
    id            TEXT    NOT NULL UNIQUE,
    project_id    TEXT    NOT NULL REFERENCES projects (id),
    title         TEXT    NOT NULL,
    model         TEXT,                          -- provider/model
    head_id       TEXT    REFERENCES messages (id), -- the last message of the path that is shown
    message_count INTEGER NOT NULL DEFAULT 0,    -- on all branches
    created_at    TEXT    NOT NULL,
    updated_at    TEXT    NOT NULL,
    deleted_at    TEXT,
    version       INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX chats_by_update ON chats (updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX chats_by_project ON chats (project_id, updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX chats_by_head ON chats (head_id);

-- What was said. Another answer to the same question is a sibling; nothing is overwritten.
CREATE TABLE messages (
    key        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT    NOT NULL UNIQUE,
    chat_id    TEXT    NOT NULL REFERENCES chats (id),
    parent_id  TEXT    REFERENCES messages (id),
    role       TEXT    NOT NULL CHECK (role IN ('system', 'user', 'assistant')),
    content    TEXT    NOT NULL,                 -- Markdown; empty while it is streaming
    status     TEXT    NOT NULL CHECK (status IN ('complete', 'streaming', 'interrupted', 'cancelled', 'failed')),
    model      TEXT,
    created_at TEXT    NOT NULL
) STRICT;
CREATE INDEX messages_by_chat ON messages (chat_id, key);
CREATE INDEX messages_by_parent ON messages (parent_id);

-- One generation of an answer.
CREATE TABLE runs (
    key             INTEGER PRIMARY KEY,
    id              TEXT    NOT NULL UNIQUE,
    chat_id         TEXT    NOT NULL REFERENCES chats (id),
    user_message_id TEXT    NOT NULL REFERENCES messages (id),
    message_id      TEXT    NOT NULL UNIQUE REFERENCES messages (id), -- the answer
    action          TEXT,                        -- explain, fix …; NULL for a plain chat turn
    model           TEXT    NOT NULL,
    status          TEXT    NOT NULL CHECK (status IN ('running', 'completed', 'failed', 'cancelled', 'interrupted')),
    edit_id         TEXT    REFERENCES edits (id),
    problem         TEXT,                        -- JSON (RFC 9457), why it failed
    usage           TEXT,                        -- JSON, tokens as reported
    last_seq        INTEGER NOT NULL DEFAULT 0,  -- number of the last event in run_chunks
    created_at      TEXT    NOT NULL,
    finished_at     TEXT
) STRICT;
CREATE INDEX runs_by_chat ON runs (chat_id);
CREATE INDEX runs_by_user_message ON runs (user_message_id);
CREATE INDEX runs_by_edit ON runs (edit_id);
CREATE INDEX runs_running ON runs (key) WHERE status = 'running';

-- The events of runs as they came, several a row. The sequence numbers of a run are 1, 2, 3 … without gaps.
CREATE TABLE run_chunks (
    key       INTEGER PRIMARY KEY,
    run_id    TEXT    NOT NULL REFERENCES runs (id),
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL CHECK (last_seq >= first_seq),
    events    TEXT    NOT NULL                   -- JSON array; element i has the number first_seq + i
) STRICT;
CREATE UNIQUE INDEX run_chunks_by_run ON run_chunks (run_id, last_seq);

-- What runs used, one row a run. Refers to nothing, so that it outlives chats. Only ever appended to.
CREATE TABLE usage_ledger (
    key           INTEGER PRIMARY KEY,
    run_id        TEXT    NOT NULL UNIQUE,
    chat_id       TEXT    NOT NULL,
    project_id    TEXT    NOT NULL,              -- the project at the time
    model         TEXT    NOT NULL,
    action        TEXT,
    status        TEXT    NOT NULL,              -- how the run ended
    input_tokens  INTEGER,                       -- NULL where not known, never 0
    output_tokens INTEGER,
    cached_tokens INTEGER,
    created_at    TEXT    NOT NULL               -- when the run ended
) STRICT;
CREATE TRIGGER usage_ledger_keeps BEFORE DELETE ON usage_ledger
BEGIN SELECT RAISE(ABORT, 'the usage ledger is only appended to'); END;
CREATE TRIGGER usage_ledger_stays BEFORE UPDATE ON usage_ledger
BEGIN SELECT RAISE(ABORT, 'the usage ledger is only appended to'); END;

-- Changes that were proposed and wait for a person.
CREATE TABLE edits (
    key        INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    run_id     TEXT    NOT NULL REFERENCES runs (id),
    title      TEXT    NOT NULL,
    model      TEXT    NOT NULL,
    status     TEXT    NOT NULL CHECK (status IN ('pending', 'accepted', 'rejected', 'undone')), -- follows from its hunks
    diff       TEXT    NOT NULL,                 -- unified
    created_at TEXT    NOT NULL,
    updated_at TEXT    NOT NULL,
    version    INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX edits_by_creation ON edits (created_at, id);
CREATE INDEX edits_by_run ON edits (run_id);

-- The files of a pending edit, with the whole text before and after.
CREATE TABLE edit_files (
    edit_id   TEXT    NOT NULL REFERENCES edits (id),
    position  INTEGER NOT NULL,                  -- 0, 1, 2 …
    path      TEXT    NOT NULL,                  -- absolute, or untitled:NAME
    created   INTEGER NOT NULL CHECK (created IN (0, 1)),
    base_hash TEXT    NOT NULL,                  -- SHA-256 of base_text in hexadecimal
    base_text TEXT    NOT NULL,
    new_text  TEXT    NOT NULL,
    PRIMARY KEY (edit_id, position)
) STRICT;

-- The hunks of a pending edit, numbered 1, 2, 3 … over all its files.
CREATE TABLE edit_hunks (
    edit_id       TEXT    NOT NULL,
    number        INTEGER NOT NULL,
    file_position INTEGER NOT NULL,
    old_start     INTEGER NOT NULL,              -- lines count from 1
    old_lines     INTEGER NOT NULL,
    new_start     INTEGER NOT NULL,
    new_lines     INTEGER NOT NULL,
    old_text      TEXT    NOT NULL,
    new_text      TEXT    NOT NULL,
    tolerances    TEXT    NOT NULL,              -- JSON array of strings
    status        TEXT    NOT NULL CHECK (status IN ('pending', 'accepted', 'rejected', 'undone')),
    PRIMARY KEY (edit_id, number),
    FOREIGN KEY (edit_id, file_position) REFERENCES edit_files (edit_id, position)
) STRICT;
CREATE INDEX edit_hunks_by_file ON edit_hunks (edit_id, file_position);
