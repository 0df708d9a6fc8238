; What brings names into scope, beside what does in C.

(using_declaration) @import
