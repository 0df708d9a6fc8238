; Names that C# code uses.

(invocation_expression function: (identifier) @reference.call)
(invocation_expression function: (generic_name (identifier) @reference.call))
(invocation_expression function: (member_access_expression name: (identifier) @reference.call))
(invocation_expression function: (member_access_expression name: (generic_name (identifier) @reference.call)))
(invocation_expression
  function: (conditional_access_expression (member_binding_expression name: (identifier) @reference.call)))
(invocation_expression
  function: (conditional_access_expression (member_binding_expression name: (generic_name (identifier) @reference.call))))
(object_creation_expression type: (identifier) @reference.call)
(object_creation_expression type: (generic_name (identifier) @reference.call))
(object_creation_expression type: (qualified_name name: (identifier) @reference.call))

(_ type: (identifier) @reference.type)
(_ type: (qualified_name name: (identifier) @reference.type))
(_ returns: (identifier) @reference.type)
(_ returns: (qualified_name name: (identifier) @reference.type))
(base_list (identifier) @reference.type)
(base_list (qualified_name name: (identifier) @reference.type))
(generic_name (identifier) @reference.type)
(type_argument_list (identifier) @reference.type)
(attribute name: (identifier) @reference.type)
(type_parameter_constraint (identifier) @reference.type)

(identifier) @reference.value

(parameter name: (identifier) @binding)
(parameter_list name: (identifier) @binding)
(variable_declarator name: (identifier) @binding)
(foreach_statement left: (identifier) @binding)
(declaration_pattern name: (identifier) @binding)
(declaration_expression name: (identifier) @binding)
(recursive_pattern name: (identifier) @binding)
(catch_declaration name: (identifier) @binding)
(type_parameter name: (identifier) @binding)
(type_parameter_constraints_clause (identifier) @binding)
(from_clause name: (identifier) @binding)
(tuple_element name: (identifier) @binding)
(argument name: (identifier) @binding)
(labeled_statement (identifier) @binding)
((identifier) @binding
  (#any-of? @binding "nameof" "var" "_" "notnull" "unmanaged"))

(namespace_declaration name: (_) @unused)
(file_scoped_namespace_declaration name: (_) @unused)
