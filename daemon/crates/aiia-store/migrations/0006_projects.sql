-- Schema version 6: what projects are known by, so that a folder that was moved or renamed keeps its chats.

ALTER TABLE projects ADD COLUMN archived INTEGER NOT NULL DEFAULT 0 CHECK (archived IN (0, 1));

-- What the file system says of the folder itself: it stays when the folder is moved on its disk. NULL: nothing is known.
ALTER TABLE project_folders ADD COLUMN identity TEXT;
CREATE INDEX project_folders_by_identity ON project_folders (identity) WHERE identity IS NOT NULL;

-- Git remotes without scheme, name and password, such as github.com/owner/name. One may belong to several projects.
CREATE TABLE project_remotes (
    project_id TEXT    NOT NULL REFERENCES projects (id),
    position   INTEGER NOT NULL,                 -- 0, 1, 2 …
    remote     TEXT    NOT NULL,
    PRIMARY KEY (project_id, position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX project_remotes_by_remote ON project_remotes (remote, project_id);
