-- What a person should know of an answer stays with its run, so that it is told whenever the answer is shown.

ALTER TABLE runs ADD COLUMN notices TEXT;   -- JSON: [{"reason", "text"}], in the order in which they were told; NULL where there was none
