; What an outline of a Python file shows. `@leading` is what belongs to the item below it.

(function_definition name: (_) @name) @definition.function
(class_definition name: (_) @name) @definition.class
(type_alias_statement left: (type (identifier) @name)) @definition.type_alias

; A module-level name in capitals is a constant by convention.
(module
  (expression_statement
    (assignment left: (identifier) @name) @definition.constant)
  (#match? @name "^_*[A-Z][A-Z0-9_]*$"))

(class_definition
  body: (block
    (expression_statement
      (assignment left: (identifier) @name) @definition.field)))

(decorator) @leading

; Names that assignments make: of the module, also under a condition, and of `self`.
(module
  (expression_statement
    (assignment left: (identifier) @name) @definition.assigned))
(module
  [
    (if_statement consequence: (block (expression_statement (assignment left: (identifier) @name) @definition.assigned)))
    (try_statement body: (block (expression_statement (assignment left: (identifier) @name) @definition.assigned)))
    (with_statement body: (block (expression_statement (assignment left: (identifier) @name) @definition.assigned)))
    (for_statement body: (block (expression_statement (assignment left: (identifier) @name) @definition.assigned)))
  ])
(function_definition
  body: (block
    (expression_statement
      (assignment
        left: (attribute object: (identifier) @_self attribute: (identifier) @name)) @definition.assigned))
  (#eq? @_self "self"))
