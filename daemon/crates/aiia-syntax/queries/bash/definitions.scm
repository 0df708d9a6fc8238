; What an outline of a shell script shows.

(function_definition name: (_) @name) @definition.function

; Outside functions; in lower case they are not meant for others.
((program (declaration_command "readonly" (variable_assignment name: (variable_name) @name)) @definition.constant)
  (#match? @name "^[A-Z_][A-Z0-9_]*$"))
((program (declaration_command (variable_assignment name: (variable_name) @name)) @definition.variable)
  (#match? @name "^[A-Z_][A-Z0-9_]*$"))
((program (variable_assignment name: (variable_name) @name) @definition.variable)
  (#match? @name "^[A-Z_][A-Z0-9_]*$"))

((comment) @leading.comment
  (#not-match? @leading.comment "^#!"))
