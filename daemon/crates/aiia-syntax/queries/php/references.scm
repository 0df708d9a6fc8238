; Names that PHP code uses. Variables are of their function alone.

(function_call_expression function: (name) @reference.call)
(function_call_expression function: (qualified_name (name) @reference.call))
(member_call_expression name: (name) @reference.call)
(nullsafe_member_call_expression name: (name) @reference.call)
(scoped_call_expression name: (name) @reference.call)
(object_creation_expression (name) @reference.call)
(object_creation_expression (qualified_name (name) @reference.call))

(named_type (name) @reference.type)
(named_type (qualified_name (name) @reference.type))
(base_clause (name) @reference.type)
(base_clause (qualified_name (name) @reference.type))
(class_interface_clause (name) @reference.type)
(class_interface_clause (qualified_name (name) @reference.type))
(use_declaration (name) @reference.type)
(use_declaration (qualified_name (name) @reference.type))
(attribute (name) @reference.type)
(attribute (qualified_name (name) @reference.type))
(scoped_call_expression scope: (name) @reference.type)
(scoped_call_expression scope: (qualified_name (name) @reference.type))
(scoped_property_access_expression scope: (name) @reference.type)
(class_constant_access_expression . (name) @reference.type)
(class_constant_access_expression . (qualified_name (name) @reference.type))
(binary_expression operator: "instanceof" right: (name) @reference.type)
(binary_expression operator: "instanceof" right: (qualified_name (name) @reference.type))

(name) @reference.value

(variable_name (name) @binding)
(argument name: (name) @binding)
((named_type (name) @binding)
  (#any-of? @binding "self" "static" "parent"))
((class_constant_access_expression (_) (name) @binding)
  (#eq? @binding "class"))
((name) @binding
  (#match? @binding "^__[A-Z]+__$"))

(namespace_definition name: (_) @unused)
(namespace_name) @unused
