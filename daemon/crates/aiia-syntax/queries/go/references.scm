; Names that Go code uses.

(call_expression function: (identifier) @reference.call)
(call_expression function: (selector_expression field: (_) @reference.call))
(call_expression function: (index_expression operand: (identifier) @reference.call))
; A generic function with one type argument reads like a conversion.
(type_conversion_expression type: (generic_type type: (type_identifier) @reference.call))
(type_conversion_expression type: (generic_type type: (qualified_type name: (type_identifier) @reference.call)))

(type_identifier) @reference.type
(qualified_type package: (package_identifier) @reference.value)

(identifier) @reference.value
(selector_expression field: (_) @reference.value)

((type_identifier) @binding
  (#any-of? @binding
    "any" "bool" "byte" "comparable" "complex64" "complex128" "error" "float32" "float64" "int" "int8" "int16" "int32"
    "int64" "rune" "string" "uint" "uint8" "uint16" "uint32" "uint64" "uintptr"))
((identifier) @binding
  (#eq? @binding "_"))
(parameter_declaration name: (identifier) @binding)
(variadic_parameter_declaration name: (identifier) @binding)
(type_parameter_declaration name: (identifier) @binding)
(short_var_declaration left: (expression_list (identifier) @binding))
(range_clause left: (expression_list (identifier) @binding))
(receive_statement left: (expression_list (identifier) @binding))
(type_switch_statement alias: (expression_list (identifier) @binding))
(var_spec name: (identifier) @binding)
(const_spec (identifier) @binding)
