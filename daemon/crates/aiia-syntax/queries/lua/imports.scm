; Calls that bring names into scope.

((variable_declaration
   (assignment_statement (expression_list value: [
     (function_call name: (identifier) @function)
     (dot_index_expression table: (function_call name: (identifier) @function))]))) @import
  (#eq? @function "require"))
((chunk (function_call name: (identifier) @function) @import)
  (#eq? @function "require"))
