-- What a provider itself says that a request cost, and the tokens that it wrote to a cache, which have a price of their own.

ALTER TABLE usage_ledger ADD COLUMN cache_write_tokens INTEGER;   -- of input_tokens; NULL where not told
ALTER TABLE usage_ledger ADD COLUMN told_cost INTEGER;            -- billionths of a US dollar; NULL where not told
