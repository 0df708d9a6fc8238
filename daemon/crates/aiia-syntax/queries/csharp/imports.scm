; Statements that bring names into scope.

(using_directive) @import
(extern_alias_directive) @import
