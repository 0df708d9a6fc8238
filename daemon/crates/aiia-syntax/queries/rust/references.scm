; Names that Rust code uses.

(call_expression function: (identifier) @reference.call)
(call_expression function: (scoped_identifier name: (identifier) @reference.call))
(call_expression function: (field_expression field: (field_identifier) @reference.call))
(call_expression function: (generic_function function: (identifier) @reference.call))
(call_expression function: (generic_function function: (scoped_identifier name: (identifier) @reference.call)))
(call_expression function: (generic_function function: (field_expression field: (field_identifier) @reference.call)))
(macro_invocation macro: (identifier) @reference.call)
(macro_invocation macro: (scoped_identifier name: (identifier) @reference.call))

; What a macro is given is tokens without a tree.
((token_tree (identifier) @reference.call . (token_tree) @arguments)
  (#match? @arguments "^\\("))
((token_tree (identifier) @reference.type)
  (#match? @reference.type "^[A-Z].*[a-z]"))

(type_identifier) @reference.type
((scoped_identifier path: (identifier) @reference.type)
  (#match? @reference.type "^[A-Z]"))
((scoped_identifier path: (scoped_identifier name: (identifier) @reference.type))
  (#match? @reference.type "^[A-Z]"))

((scoped_type_identifier path: (identifier) @reference.type)
  (#match? @reference.type "^[A-Z]"))

(identifier) @reference.value
(field_identifier) @reference.value
(shorthand_field_identifier) @reference.value

([(identifier) (type_identifier)] @binding
  (#any-of? @binding "Self" "_"))
((attribute (identifier) @binding)
  (#any-of? @binding "derive" "cfg" "test" "should_panic" "ignore" "inline" "must_use" "allow" "expect" "warn" "deny" "doc" "repr" "non_exhaustive"))
((attribute (identifier) @attribute arguments: (token_tree (identifier) @binding))
  (#not-eq? @attribute "derive"))

; A capital in a pattern is a constant or a variant that is compared with.
((let_declaration pattern: (identifier) @binding) (#not-match? @binding "^[A-Z]"))
((let_condition pattern: (identifier) @binding) (#not-match? @binding "^[A-Z]"))
((parameter pattern: (identifier) @binding) (#not-match? @binding "^[A-Z]"))
((for_expression pattern: (identifier) @binding) (#not-match? @binding "^[A-Z]"))
((closure_parameters (identifier) @binding) (#not-match? @binding "^[A-Z]"))
((match_pattern . (identifier) @binding) (#not-match? @binding "^[A-Z]"))
((captured_pattern . (identifier) @binding) (#not-match? @binding "^[A-Z]"))
((tuple_pattern (identifier) @binding) (#not-match? @binding "^[A-Z]"))
((tuple_struct_pattern type: (_) (identifier) @binding) (#not-match? @binding "^[A-Z]"))
((slice_pattern (identifier) @binding) (#not-match? @binding "^[A-Z]"))
((ref_pattern (identifier) @binding) (#not-match? @binding "^[A-Z]"))
((mut_pattern (identifier) @binding) (#not-match? @binding "^[A-Z]"))
((reference_pattern (identifier) @binding) (#not-match? @binding "^[A-Z]"))
((or_pattern (identifier) @binding) (#not-match? @binding "^[A-Z]"))
((field_pattern pattern: (identifier) @binding) (#not-match? @binding "^[A-Z]"))
(field_pattern name: (shorthand_field_identifier) @binding)
(type_parameter name: (type_identifier) @binding)
(const_parameter name: (identifier) @binding)
(lifetime (identifier) @binding)
(label (identifier) @binding)
