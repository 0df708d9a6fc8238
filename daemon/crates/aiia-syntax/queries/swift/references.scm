; Names that Swift code uses.

; An index reads like a call.
((call_expression . (simple_identifier) @reference.call . (call_suffix) @arguments)
  (#not-match? @arguments "^\\["))
((call_expression . (navigation_expression (navigation_suffix (_) @reference.call)) . (call_suffix) @arguments)
  (#not-match? @arguments "^\\["))
(constructor_expression . (user_type . (_) @reference.call))
(macro_invocation (simple_identifier) @reference.call)

(type_identifier) @reference.type
((navigation_expression . (simple_identifier) @reference.type)
  (#match? @reference.type "^[A-Z]"))

(simple_identifier) @reference.value

(parameter name: (simple_identifier) @binding)
(parameter external_name: (simple_identifier) @binding)
(pattern bound_identifier: (simple_identifier) @binding)
(pattern (pattern (simple_identifier) @binding))
(for_statement item: (pattern (simple_identifier) @binding))
(lambda_parameter name: (_) @binding)
(capture_list_item name: (simple_identifier) @binding)
(value_argument_label (simple_identifier) @binding)
(type_parameter (type_identifier) @binding)
((attribute (user_type (type_identifier) @binding))
  (#match? @binding "^[a-z]"))
((simple_identifier) @binding
  (#match? @binding "^(\\$[0-9]+|_)$"))
(directive) @unused
