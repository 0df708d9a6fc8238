-- What becomes of the files of pending edits as a whole.
ALTER TABLE edit_files ADD COLUMN action TEXT NOT NULL DEFAULT 'edit' CHECK (action IN ('edit', 'create', 'rename', 'delete'));
ALTER TABLE edit_files ADD COLUMN from_path TEXT;   -- the path before, for a rename
ALTER TABLE edit_files ADD COLUMN protection TEXT;  -- why it needs a decision of its own
UPDATE edit_files SET action = 'create' WHERE created = 1;
ALTER TABLE edit_files DROP COLUMN created;
