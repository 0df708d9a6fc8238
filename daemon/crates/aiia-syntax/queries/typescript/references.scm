; Names that TypeScript code uses beside those JavaScript uses too.

(type_identifier) @reference.type
(extends_clause value: (identifier) @reference.type)
(extends_clause value: (member_expression property: (_) @reference.type))

(required_parameter pattern: (identifier) @binding)
(optional_parameter pattern: (identifier) @binding)
(type_parameter name: (type_identifier) @binding)
(mapped_type_clause name: (type_identifier) @binding)
(index_signature name: (identifier) @binding)
(infer_type (type_identifier) @binding)
((type_identifier) @binding
  (#eq? @binding "const"))
(internal_module name: (nested_identifier (identifier) @binding))
