; What an outline of a PHP file shows.

(namespace_definition name: (_) @name) @definition.namespace
(class_declaration name: (_) @name) @definition.class
(interface_declaration name: (_) @name) @definition.interface
(trait_declaration name: (_) @name) @definition.trait
(enum_declaration name: (_) @name) @definition.enum
(enum_case name: (_) @name) @definition.variant

(method_declaration name: (_) @name) @definition.method
(function_definition name: (_) @name) @definition.function
(program
  (expression_statement
    (assignment_expression
      left: (variable_name (name) @name)
      right: [(anonymous_function body: (_) @body) (arrow_function body: (_) @body)]) @definition.function))

(const_declaration (const_element . (name) @name)) @definition.constant
((expression_statement
   (function_call_expression
     function: (name) @function
     arguments: (arguments . (argument (string (string_content) @name))))) @definition.constant
  (#eq? @function "define"))
(property_declaration (property_element name: (variable_name (name) @name))) @definition.field

(expression_statement (assignment_expression) @wrapped) @wrapper

(attribute_list) @leading
(comment) @leading.comment
