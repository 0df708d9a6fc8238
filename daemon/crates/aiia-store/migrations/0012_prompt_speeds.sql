-- Schema version 12: how fast this machine reads prompts with its embedded models.

-- One row a model, as it was measured last. It can be measured again.
CREATE TABLE prompt_speeds (
    model             TEXT NOT NULL PRIMARY KEY,   -- provider/model
    tokens_per_second REAL NOT NULL CHECK (tokens_per_second > 0)
) STRICT, WITHOUT ROWID;
