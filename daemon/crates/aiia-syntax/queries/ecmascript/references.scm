; Names that JavaScript and TypeScript code uses.

(call_expression function: (identifier) @reference.call)
(call_expression function: (member_expression property: (_) @reference.call))
(new_expression constructor: (identifier) @reference.call)
(new_expression constructor: (member_expression property: (_) @reference.call))
(decorator (identifier) @reference.call)

(identifier) @reference.value
(member_expression property: (_) @reference.value)
(shorthand_property_identifier) @reference.value

(arrow_function parameter: (identifier) @binding)
(rest_pattern (identifier) @binding)
(assignment_pattern left: (identifier) @binding)
(array_pattern (identifier) @binding)
(pair_pattern value: (identifier) @binding)
(variable_declarator name: (identifier) @binding)
(for_in_statement kind: _ left: (identifier) @binding)
(catch_clause parameter: (identifier) @binding)
(function_expression name: (identifier) @binding)
(generator_function name: (identifier) @binding)
(class name: (_) @binding)
(export_specifier alias: (_) @binding)
((identifier) @binding
  (#any-of? @binding "undefined" "arguments"))
