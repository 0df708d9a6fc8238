; What an outline of a Java file shows.

(class_declaration name: (_) @name) @definition.class
(record_declaration name: (_) @name) @definition.class
(record_declaration parameters: (formal_parameters (formal_parameter name: (_) @name) @definition.field))
(interface_declaration name: (_) @name) @definition.interface
(annotation_type_declaration name: (_) @name) @definition.interface
(enum_declaration name: (_) @name) @definition.enum
(enum_constant name: (_) @name) @definition.variant

(method_declaration name: (_) @name) @definition.method
(constructor_declaration name: (_) @name) @definition.method
(compact_constructor_declaration name: (_) @name) @definition.method
(annotation_type_element_declaration name: (_) @name) @definition.method

((field_declaration (modifiers) @modifiers declarator: (variable_declarator name: (_) @name)) @definition.constant
  (#match? @modifiers "\\bstatic\\b")
  (#match? @modifiers "\\bfinal\\b"))
(field_declaration declarator: (variable_declarator name: (_) @name)) @definition.field
(constant_declaration declarator: (variable_declarator name: (_) @name)) @definition.constant

[(marker_annotation) (annotation)] @leading
[(line_comment) (block_comment)] @leading.comment
