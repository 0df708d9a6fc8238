; Names that Lua code uses.

(function_call name: (identifier) @reference.call)
(function_call name: (dot_index_expression field: (identifier) @reference.call))
(function_call name: (method_index_expression method: (identifier) @reference.call))

(identifier) @reference.value

(parameters name: (identifier) @binding)
(variable_declaration (assignment_statement (variable_list name: (identifier) @binding)))
(variable_declaration (variable_list name: (identifier) @binding))
(for_numeric_clause name: (identifier) @binding)
(for_generic_clause (variable_list name: (identifier) @binding))
(field name: (identifier) @binding)
(attribute (identifier) @binding)
(goto_statement (identifier) @binding)
(label_statement (identifier) @binding)
((identifier) @binding
  (#any-of? @binding "self" "_"))
