; Names that C code uses; those of C++ code too.

(call_expression function: (identifier) @reference.call)
(call_expression function: (field_expression field: (field_identifier) @reference.call))

(type_identifier) @reference.type

(identifier) @reference.value
(field_expression field: (field_identifier) @reference.value)
(field_designator (field_identifier) @reference.value)

(declaration declarator: (identifier) @binding)
(init_declarator declarator: (identifier) @binding)
(pointer_declarator declarator: (identifier) @binding)
(array_declarator declarator: (identifier) @binding)
(function_declarator declarator: (identifier) @binding)
(parenthesized_declarator (identifier) @binding)
(parameter_declaration declarator: (identifier) @binding)
(preproc_params (identifier) @binding)
(preproc_def name: (identifier) @binding)
