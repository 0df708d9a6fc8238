-- Schema version 4: prompt templates, and search in titles and messages.

CREATE TABLE templates (
    key        INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    revision   INTEGER NOT NULL,                 -- the newest in template_revisions
    updated_at TEXT    NOT NULL,
    deleted_at TEXT,
    version    INTEGER NOT NULL DEFAULT 1
) STRICT;

-- What templates say and said. Nothing is overwritten.
CREATE TABLE template_revisions (
    template_id TEXT    NOT NULL REFERENCES templates (id),
    revision    INTEGER NOT NULL,                -- 1, 2, 3 …
    content     TEXT    NOT NULL,                -- JSON
    created_at  TEXT    NOT NULL,
    PRIMARY KEY (template_id, revision)
) STRICT, WITHOUT ROWID;

-- Refers to nothing: aiia's own templates and those of repositories are not stored.
CREATE TABLE template_favourites (
    template_id TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- The template that a chat was started from, and the version of it.
ALTER TABLE chats ADD COLUMN template_id TEXT;
ALTER TABLE chats ADD COLUMN template_revision INTEGER;

-- Search. The text itself stays in its own tables; triggers keep the indexes in step.
CREATE VIRTUAL TABLE message_words USING fts5 (
    content, content = 'messages', content_rowid = 'key', tokenize = 'unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE message_parts USING fts5 (
    content, content = 'messages', content_rowid = 'key', tokenize = 'trigram', detail = 'none');
CREATE VIRTUAL TABLE chat_words USING fts5 (
    title, content = 'chats', content_rowid = 'key', tokenize = 'unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE chat_parts USING fts5 (
    title, content = 'chats', content_rowid = 'key', tokenize = 'trigram', detail = 'none');

-- What is erased must not stay in an index.
INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1);
INSERT INTO message_parts (message_parts, rank) VALUES ('secure-delete', 1);
INSERT INTO chat_words (chat_words, rank) VALUES ('secure-delete', 1);
INSERT INTO chat_parts (chat_parts, rank) VALUES ('secure-delete', 1);

INSERT INTO message_words (message_words) VALUES ('rebuild');
INSERT INTO message_parts (message_parts) VALUES ('rebuild');
INSERT INTO chat_words (chat_words) VALUES ('rebuild');
INSERT INTO chat_parts (chat_parts) VALUES ('rebuild');

CREATE TRIGGER messages_found AFTER INSERT ON messages BEGIN
    INSERT INTO message_words (rowid, content) VALUES (new.key, new.content);
    INSERT INTO message_parts (rowid, content) VALUES (new.key, new.content);
END;
CREATE TRIGGER messages_changed AFTER UPDATE OF content ON messages BEGIN
    INSERT INTO message_words (message_words, rowid, content) VALUES ('delete', old.key, old.content);
    INSERT INTO message_parts (message_parts, rowid, content) VALUES ('delete', old.key, old.content);
    INSERT INTO message_words (rowid, content) VALUES (new.key, new.content);
    INSERT INTO message_parts (rowid, content) VALUES (new.key, new.content);
END;
CREATE TRIGGER messages_erased AFTER DELETE ON messages BEGIN
    INSERT INTO message_words (message_words, rowid, content) VALUES ('delete', old.key, old.content);
    INSERT INTO message_parts (message_parts, rowid, content) VALUES ('delete', old.key, old.content);
END;
CREATE TRIGGER chats_found AFTER INSERT ON chats BEGIN
    INSERT INTO chat_words (rowid, title) VALUES (new.key, new.title);
    INSERT INTO chat_parts (rowid, title) VALUES (new.key, new.title);
END;
CREATE TRIGGER chats_changed AFTER UPDATE OF title ON chats BEGIN
    INSERT INTO chat_words (chat_words, rowid, title) VALUES ('delete', old.key, old.title);
    INSERT INTO chat_parts (chat_parts, rowid, title) VALUES ('delete', old.key, old.title);
    INSERT INTO chat_words (rowid, title) VALUES (new.key, new.title);
    INSERT INTO chat_parts (rowid, title) VALUES (new.key, new.title);
END;
CREATE TRIGGER chats_erased AFTER DELETE ON chats BEGIN
    INSERT INTO chat_words (chat_words, rowid, title) VALUES ('delete', old.key, old.title);
    INSERT INTO chat_parts (chat_parts, rowid, title) VALUES ('delete', old.key, old.title);
END;
