; What a style sheet takes from other files.

(import_statement) @import
