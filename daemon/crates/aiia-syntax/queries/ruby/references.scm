; Names that Ruby code uses. A method without arguments reads like a variable.

(call method: [(identifier) (constant)] @reference.call)

((constant) @reference.type
  (#match? @reference.type "[a-z]"))
(constant) @reference.value
(identifier) @reference.value

(method_parameters (identifier) @binding)
(block_parameters (identifier) @binding)
(lambda_parameters (identifier) @binding)
(destructured_parameter (identifier) @binding)
(optional_parameter name: (identifier) @binding)
(keyword_parameter name: (identifier) @binding)
(splat_parameter name: (identifier) @binding)
(hash_splat_parameter name: (identifier) @binding)
(block_parameter name: (identifier) @binding)
(exception_variable (identifier) @binding)
(assignment left: (identifier) @binding)
(left_assignment_list (identifier) @binding)
(for pattern: (identifier) @binding)
(as_pattern name: (identifier) @binding)
(alias name: (identifier) @binding)
(setter (identifier) @binding)
((identifier) @binding
  (#any-of? @binding "private" "protected" "public" "module_function" "_"))
((call method: (identifier) @binding)
  (#any-of? @binding "private" "protected" "public" "attr_accessor" "attr_reader" "attr_writer"))
