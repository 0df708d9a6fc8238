; What an outline of a Lua file shows.

(function_declaration name: (identifier) @name) @definition.function
(function_declaration
  name: (dot_index_expression table: (_) @container field: (identifier) @name)) @definition.method
(function_declaration
  name: (method_index_expression table: (_) @container method: (identifier) @name)) @definition.method

(variable_declaration
  (assignment_statement
    (variable_list . name: (identifier) @name .)
    (expression_list . value: (function_definition body: (_)? @body) .))) @definition.function
(assignment_statement
  (variable_list . name: (identifier) @name .)
  (expression_list . value: (function_definition body: (_)? @body) .)) @definition.function
(assignment_statement
  (variable_list . name: (dot_index_expression table: (_) @container field: (identifier) @name) .)
  (expression_list . value: (function_definition body: (_)? @body) .)) @definition.method
(field name: (identifier) @name value: (function_definition body: (_)? @body)) @definition.method

; What the file itself holds. A module that is required is an import.
((chunk
   (variable_declaration
     (assignment_statement (variable_list name: (identifier) @name) (expression_list) @value)) @definition.variable)
  (#not-match? @value "^require\\b"))
(chunk (variable_declaration (variable_list name: (identifier) @name)) @definition.variable)
(chunk (assignment_statement (variable_list name: (identifier) @name)) @definition.variable)

((comment) @leading.comment
  (#not-match? @leading.comment "^#!"))
