; What an outline of a C++ file shows beside what one of a C file shows.

(class_specifier name: (_) @name body: (_)) @definition.class
(namespace_definition name: (_) @name) @definition.namespace
(alias_declaration name: (_) @name) @definition.type_alias
(concept_definition name: (_) @name) @definition.trait

(declaration declarator: (reference_declarator (function_declarator)) @name) @definition.function
(declaration declarator: (reference_declarator) @name) @definition.variable
(field_declaration
  declarator: [
    (function_declarator declarator: [(field_identifier) (operator_name) (destructor_name)])
    (reference_declarator (function_declarator))
    (pointer_declarator declarator: (function_declarator))] @name) @definition.function
(field_declaration declarator: (reference_declarator) @name) @definition.field
; Constructors, destructors and conversions have no type.
(field_declaration_list (declaration declarator: (function_declarator) @name) @definition.function)
(field_declaration_list (declaration declarator: (operator_cast) @name) @definition.function)

; Macros of GoogleTest.
((function_definition
   !type
   declarator: (function_declarator
     declarator: (identifier) @macro
     parameters: (parameter_list
       . (parameter_declaration type: (type_identifier) @container)
       . (parameter_declaration type: (type_identifier) @name)))) @definition.function
  (#match? @macro "^(TYPED_)?TEST(_F|_P)?$"))

(template_declaration parameters: (_) (_) @wrapped) @wrapper
