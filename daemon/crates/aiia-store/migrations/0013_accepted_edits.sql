-- The order in which edits were accepted: what was accepted last is what an undo means.

ALTER TABLE edits ADD COLUMN accepted INTEGER;   -- greater than that of every edit that was accepted before; NULL for one that never was
UPDATE edits SET accepted = earlier.number
FROM (SELECT e.id, row_number() OVER (ORDER BY e.updated_at, e.id) AS number FROM edits e
      WHERE EXISTS (SELECT 1 FROM edit_hunks h WHERE h.edit_id = e.id AND h.status = 'accepted')) AS earlier
WHERE earlier.id = edits.id;
CREATE INDEX edits_by_acceptance ON edits (accepted);
