; What JavaScript and TypeScript have in common.

; Functions, also those that a name is bound to.
(function_declaration name: (_) @name) @definition.function
(generator_function_declaration name: (_) @name) @definition.function
(method_definition name: (_) @name) @definition.method
(variable_declarator
  name: (identifier) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body) (generator_function body: (_) @body)]) @definition.function
(export_statement
  "default" @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body) (generator_function body: (_) @body)]) @definition.function

; Functions of an object that has a name.
(variable_declarator
  value: (object
    (pair
      key: (property_identifier) @name
      value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.method))
(assignment_expression
  right: (object
    (pair
      key: (property_identifier) @name
      value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.method))
(export_statement
  value: (object
    (pair
      key: (property_identifier) @name
      value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.method))

; Functions that are put into a module or a prototype.
(program
  (expression_statement
    (assignment_expression
      left: (member_expression
        object: [(identifier) (member_expression)] @object
        property: (property_identifier) @name)
      right: [(arrow_function body: (_) @body) (function_expression body: (_) @body) (generator_function body: (_) @body)]) @definition.function)
  (#any-of? @object "exports" "module.exports"))

; What is all of a module: by its own name, else by that of what it is put into.
(program
  (expression_statement
    (assignment_expression
      left: (member_expression object: (identifier) @object property: (property_identifier) @property)
      right: [(function_expression name: (_) @name body: (_) @body) (generator_function name: (_) @name body: (_) @body)]) @definition.function)
  (#eq? @object "module") (#eq? @property "exports"))
(program
  (expression_statement
    (assignment_expression
      left: (member_expression object: (identifier) @object property: (property_identifier) @name)
      right: [(arrow_function body: (_) @body) (function_expression !name body: (_) @body) (generator_function !name body: (_) @body)]) @definition.function)
  (#eq? @object "module") (#eq? @name "exports"))
(program
  (expression_statement
    (assignment_expression
      left: (member_expression object: (identifier) @object property: (property_identifier) @property)
      right: (class name: (_) @name body: (_) @body)) @definition.class)
  (#eq? @object "module") (#eq? @property "exports"))
(program
  (expression_statement
    (assignment_expression
      left: (member_expression object: (identifier) @object property: (property_identifier) @name)
      right: (class !name body: (_) @body)) @definition.class)
  (#eq? @object "module") (#eq? @name "exports"))
(program
  (expression_statement
    (assignment_expression
      left: (member_expression
        object: (identifier) @container
        property: (property_identifier) @name)
      right: [(arrow_function body: (_) @body) (function_expression body: (_) @body) (generator_function body: (_) @body)]) @definition.method)
  (#not-any-of? @container "exports" "module"))
(program
  (expression_statement
    (assignment_expression
      left: (member_expression
        object: (member_expression object: (identifier) @container property: (property_identifier) @prototype)
        property: (property_identifier) @name)
      right: [(arrow_function body: (_) @body) (function_expression body: (_) @body) (generator_function body: (_) @body)]) @definition.method)
  (#eq? @prototype "prototype"))

(class_declaration name: (_) @name) @definition.class
(variable_declarator name: (identifier) @name value: (class body: (_) @body)) @definition.class
(export_statement "default" @name value: (class body: (_) @body)) @definition.class

; What the module itself holds. A module that is required is an import.
((program [
    (lexical_declaration kind: "const" (variable_declarator name: (identifier) @name value: (_)? @value) @definition.constant)
    (export_statement declaration:
      (lexical_declaration kind: "const" (variable_declarator name: (identifier) @name value: (_)? @value) @definition.constant))])
  (#not-match? @value "^require\\s*\\("))
((program [
    (lexical_declaration (variable_declarator name: (identifier) @name value: (_)? @value) @definition.variable)
    (variable_declaration (variable_declarator name: (identifier) @name value: (_)? @value) @definition.variable)
    (export_statement declaration: [
      (lexical_declaration (variable_declarator name: (identifier) @name) @definition.variable)
      (variable_declaration (variable_declarator name: (identifier) @name) @definition.variable)])])
  (#not-match? @value "^require\\s*\\("))
((program [
    (lexical_declaration
      (variable_declarator
        name: (object_pattern [
          (shorthand_property_identifier_pattern) @name
          (pair_pattern value: (identifier) @name)])
        value: (_) @value)) @definition.constant
    (export_statement declaration:
      (lexical_declaration
        (variable_declarator
          name: (object_pattern [
            (shorthand_property_identifier_pattern) @name
            (pair_pattern value: (identifier) @name)])
          value: (_) @value))) @definition.constant])
  (#not-match? @value "^require\\s*\\("))
(export_statement "default" @name value: [(object) (call_expression)]) @definition.constant

(export_statement declaration: (_) @wrapped) @wrapper
(lexical_declaration . (variable_declarator) @wrapped .) @wrapper
; A comment behind the last statement of a file, where that has no semicolon, is taken for a part of it.
(lexical_declaration . (variable_declarator) @wrapped . (comment)+ .) @wrapper.start
(variable_declaration . (variable_declarator) @wrapped .) @wrapper
(variable_declaration . (variable_declarator) @wrapped . (comment)+ .) @wrapper.start
(expression_statement (assignment_expression) @wrapped) @wrapper

(decorator) @leading
(comment) @leading.comment
