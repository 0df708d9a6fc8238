; What an outline of a TypeScript file shows beside what JavaScript has too.

(function_signature name: (_) @name) @definition.function
(method_signature name: (_) @name) @definition.method
(abstract_method_signature name: (_) @name) @definition.method
(public_field_definition
  name: (_) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.method
(public_field_definition name: (_) @name) @definition.field

(abstract_class_declaration name: (_) @name) @definition.class
(interface_declaration name: (_) @name) @definition.interface
(interface_body (property_signature name: (_) @name) @definition.field)
(type_alias_declaration name: (_) @name) @definition.type_alias
(type_alias_declaration value: (object_type (property_signature name: (_) @name) @definition.field))
(enum_declaration name: (_) @name) @definition.enum
(enum_body name: (property_identifier) @name @definition.variant)
(enum_body (enum_assignment name: (property_identifier) @name) @definition.variant)

(internal_module name: (_) @name) @definition.namespace
(module name: (string (string_fragment) @name)) @definition.module
(module name: (identifier) @name) @definition.module
(internal_module
  body: (statement_block [
    (lexical_declaration kind: "const" (variable_declarator name: (identifier) @name) @definition.constant)
    (export_statement declaration:
      (lexical_declaration kind: "const" (variable_declarator name: (identifier) @name) @definition.constant))]))
(ambient_declaration
  (lexical_declaration kind: "const" (variable_declarator name: (identifier) @name) @definition.constant))
(ambient_declaration [
  (lexical_declaration (variable_declarator name: (identifier) @name) @definition.variable)
  (variable_declaration (variable_declarator name: (identifier) @name) @definition.variable)])

(ambient_declaration . (_) @wrapped) @wrapper
(expression_statement (internal_module) @wrapped) @wrapper
