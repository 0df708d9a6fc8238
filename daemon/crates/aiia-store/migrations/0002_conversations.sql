-- Schema version 2: what chats and messages need to be worked with for years.

-- NULL: that of the project.
ALTER TABLE chats ADD COLUMN system_prompt TEXT;
-- JSON, the sampling parameters that are set; NULL: none.
ALTER TABLE chats ADD COLUMN parameters TEXT;
ALTER TABLE chats ADD COLUMN pinned    INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1));
ALTER TABLE chats ADD COLUMN favourite INTEGER NOT NULL DEFAULT 0 CHECK (favourite IN (0, 1));
ALTER TABLE chats ADD COLUMN archived  INTEGER NOT NULL DEFAULT 0 CHECK (archived IN (0, 1));
-- Whether a person gave the title; otherwise it is made from what is said.
ALTER TABLE chats ADD COLUMN titled    INTEGER NOT NULL DEFAULT 0 CHECK (titled IN (0, 1));
-- The chat that it was copied from. Refers to nothing, so that the copy outlives it.
ALTER TABLE chats ADD COLUMN forked_from TEXT;

-- The order of lists: pinned ones first.
DROP INDEX chats_by_update;
CREATE INDEX chats_by_update ON chats (pinned, updated_at, id) WHERE deleted_at IS NULL;
DROP INDEX chats_by_project;
CREATE INDEX chats_by_project ON chats (project_id, pinned, updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX chats_deleted ON chats (pinned, updated_at, id) WHERE deleted_at IS NOT NULL;

CREATE TABLE chat_tags (
    chat_id  TEXT    NOT NULL REFERENCES chats (id),
    folded   TEXT    NOT NULL,                   -- the tag in lower case: by it tags are the same
    tag      TEXT    NOT NULL,                   -- as it was written
    position INTEGER NOT NULL,                   -- 0, 1, 2 … in the user's order
    PRIMARY KEY (chat_id, folded)
) STRICT, WITHOUT ROWID;
CREATE INDEX chat_tags_by_tag ON chat_tags (folded, chat_id);

ALTER TABLE messages ADD COLUMN rating TEXT CHECK (rating IN ('up', 'down'));
ALTER TABLE messages ADD COLUMN note   TEXT;
-- A message is deleted with all that follows it: they have the same time.
ALTER TABLE messages ADD COLUMN deleted_at TEXT;
ALTER TABLE messages ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
-- The first messages of a chat; those that follow one are found by messages_by_parent.
CREATE INDEX messages_first ON messages (chat_id, key) WHERE parent_id IS NULL;

-- JSON, what it was made with and where each setting came from.
ALTER TABLE runs ADD COLUMN settings TEXT;

-- JSON, the sampling parameters that are set; NULL: none.
ALTER TABLE projects ADD COLUMN parameters TEXT;
