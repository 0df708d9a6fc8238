; Statements that bring names into scope.

(use_declaration) @import
(extern_crate_declaration) @import

(attribute_item) @leading
