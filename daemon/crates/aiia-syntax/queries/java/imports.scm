; Statements that bring names into scope.

(import_declaration) @import
