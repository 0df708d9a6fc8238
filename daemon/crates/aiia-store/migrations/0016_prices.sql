-- What a model cost when it was asked stays with what was asked, so that other prices later change nothing about it.

-- JSON for a million tokens: {"input", "output", "cached", "currency", "origin"}; NULL where the price was not known, which is not 0.
ALTER TABLE runs ADD COLUMN price TEXT;
ALTER TABLE usage_ledger ADD COLUMN price TEXT;
