; What an outline of a C++ file shows beside what one of a C file shows, and before that.

(class_specifier name: (_) @name body: (_)) @definition.class
; Behind a macro the body of a class reads like that of a function without parameters: `class EXPORT Shape {`.
(function_definition
  type: (class_specifier name: (_) !body)
  declarator: (identifier) @name
  body: (compound_statement)) @definition.class
; There a function of which only others have bodies reads like a variable: `virtual void draw() = 0;`.
(declaration
  declarator: (init_declarator
    declarator: [
      (function_declarator declarator: (identifier))
      (pointer_declarator declarator: (function_declarator declarator: (identifier)))] @name
    value: (number_literal))) @definition.function
(namespace_definition name: (_) @name) @definition.namespace
(alias_declaration name: (_) @name) @definition.type_alias
(concept_definition name: (_) @name) @definition.trait

(declaration declarator: (reference_declarator (function_declarator)) @name) @definition.function
(declaration declarator: (reference_declarator) @name) @definition.variable
(field_declaration
  declarator: [
    (function_declarator declarator: [(field_identifier) (operator_name) (destructor_name)])
    (reference_declarator (function_declarator declarator: [(field_identifier) (operator_name)]))
    (pointer_declarator declarator: (function_declarator declarator: [(field_identifier) (operator_name)]))
    (pointer_declarator declarator: (pointer_declarator
      declarator: (function_declarator declarator: [(field_identifier) (operator_name)])))] @name) @definition.function
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
