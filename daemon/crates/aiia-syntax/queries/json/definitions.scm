; What an outline of a JSON file shows: every key.

(pair key: (string) @name value: [(object) (array)] @body) @definition.key
(pair key: (string) @name) @definition.key
