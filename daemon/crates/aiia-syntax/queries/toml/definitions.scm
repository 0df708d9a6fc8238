; What an outline of a TOML file shows: tables and keys.

(table . [(bare_key) (dotted_key) (quoted_key)] @name "]" @header) @definition.table
(table_array_element . [(bare_key) (dotted_key) (quoted_key)] @name "]]" @header) @definition.table
(pair . [(bare_key) (dotted_key) (quoted_key)] @name [(inline_table) (array)] @body) @definition.key
(pair . [(bare_key) (dotted_key) (quoted_key)] @name) @definition.key

(comment) @leading.comment
