-- Schema version 11: which code goes along with the questions of a project.

ALTER TABLE projects ADD COLUMN context TEXT;    -- JSON: budget in tokens, include and exclude as patterns; NULL where nothing is set
