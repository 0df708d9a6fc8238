; Names that C++ code uses, beside those C code uses too.

(call_expression function: (template_function name: (identifier) @reference.call))
(call_expression function: (field_expression field: (template_method name: (field_identifier) @reference.call)))
(call_expression function: (qualified_identifier name: (identifier) @reference.call))
(call_expression function: (qualified_identifier name: (template_function name: (identifier) @reference.call)))
(call_expression function: (qualified_identifier name: (qualified_identifier name: (identifier) @reference.call)))
(call_expression
  function: (qualified_identifier
    name: (qualified_identifier name: (template_function name: (identifier) @reference.call))))
(new_expression type: (type_identifier) @reference.call)
(new_expression type: (template_type name: (type_identifier) @reference.call))
(new_expression type: (qualified_identifier name: (type_identifier) @reference.call))

((namespace_identifier) @reference.type
  (#match? @reference.type "^[A-Z]"))
((namespace_identifier) @reference.value
  (#not-eq? @reference.value "std"))
(field_initializer (field_identifier) @reference.value)
(field_expression field: (template_method name: (field_identifier) @reference.value))

((template_function name: (identifier) @binding)
  (#any-of? @binding "static_cast" "dynamic_cast" "const_cast" "reinterpret_cast"))
(reference_declarator (identifier) @binding)
(optional_parameter_declaration declarator: (identifier) @binding)
(variadic_declarator (identifier) @binding)
(structured_binding_declarator (identifier) @binding)
(lambda_capture_initializer left: (identifier) @binding)
(for_range_loop declarator: (identifier) @binding)
(destructor_name (identifier) @binding)
(type_parameter_declaration (type_identifier) @binding)
(optional_type_parameter_declaration name: (type_identifier) @binding)
(variadic_type_parameter_declaration (type_identifier) @binding)
(nested_namespace_specifier (namespace_identifier) @binding)
