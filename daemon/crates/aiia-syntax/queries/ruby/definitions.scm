; What an outline of a Ruby file shows.

(module name: (_) @name) @definition.module
(class name: (_) @name) @definition.class
((assignment
   left: (constant) @name
   right: (call receiver: (constant) @maker block: (_) @body)) @definition.class
  (#any-of? @maker "Class" "Module" "Struct" "Data"))

; Functions of a module are methods too.
(module body: (body_statement (method name: (_) @name) @definition.method))
(module body: (body_statement (call arguments: (argument_list (method name: (_) @name) @definition.method))))
(singleton_class body: (body_statement (method name: (_) @name) @definition.method))
(method name: (_) @name) @definition.function
(singleton_method name: (_) @name) @definition.method
((call
   method: (identifier) @maker
   arguments: (argument_list . (simple_symbol) @name)
   block: (_) @body) @definition.method
  (#any-of? @maker "define_method" "define_singleton_method"))

(assignment left: (constant) @name) @definition.constant
(assignment left: (left_assignment_list (constant) @name)) @definition.constant
((call
   method: (identifier) @maker
   arguments: (argument_list (simple_symbol) @name)) @definition.field
  (#any-of? @maker "attr_accessor" "attr_reader" "attr_writer"))

((comment) @leading.comment
  (#not-match? @leading.comment "^#!|^# frozen_string_literal|^# -\\*-"))
