; Names that Java code uses.

(method_invocation name: (identifier) @reference.call)
(object_creation_expression type: (type_identifier) @reference.call)
(object_creation_expression type: (generic_type (type_identifier) @reference.call))
(object_creation_expression type: (scoped_type_identifier (type_identifier) @reference.call .))
(object_creation_expression
  type: (generic_type (scoped_type_identifier (type_identifier) @reference.call .)))

(type_identifier) @reference.type
(marker_annotation name: (identifier) @reference.type)
(annotation name: (identifier) @reference.type)
; By convention a class; constants are in capitals throughout.
((method_invocation object: (identifier) @reference.type)
  (#match? @reference.type "^[A-Z].*[a-z]"))
((field_access object: (identifier) @reference.type)
  (#match? @reference.type "^[A-Z].*[a-z]"))
((method_reference . (identifier) @reference.type)
  (#match? @reference.type "^[A-Z].*[a-z]"))

(identifier) @reference.value

(formal_parameter name: (identifier) @binding)
(catch_formal_parameter name: (identifier) @binding)
(enhanced_for_statement name: (identifier) @binding)
(resource name: (identifier) @binding)
(instanceof_expression name: (identifier) @binding)
(type_pattern (identifier) @binding)
(record_pattern_component (identifier) @binding)
(variable_declarator name: (identifier) @binding)
(lambda_expression parameters: (identifier) @binding)
(inferred_parameters (identifier) @binding)
(type_parameter (type_identifier) @binding)
(element_value_pair key: (identifier) @binding)
(labeled_statement (identifier) @binding)
((type_identifier) @binding
  (#eq? @binding "var"))
; A package before a type.
((scoped_type_identifier . (type_identifier) @binding)
  (#match? @binding "^[a-z]"))

(package_declaration) @unused
(module_declaration) @unused
