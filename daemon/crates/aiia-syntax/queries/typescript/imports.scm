; Statements that bring names into scope, beside those of JavaScript.

(import_alias) @import
