; What brings names into scope.

(preproc_include) @import
