-- What of a reply is in no hunk stays with its change, so that whoever decides on it knows.

ALTER TABLE edits ADD COLUMN left_out TEXT;   -- JSON: ["sentence", …]; NULL where there is nothing
