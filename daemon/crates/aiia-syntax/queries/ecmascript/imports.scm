; Statements that bring names into scope, or pass those of another module on.

(import_statement) @import
(export_statement source: (_)) @import

((lexical_declaration
   (variable_declarator value: [
     (call_expression function: (identifier) @function)
     (member_expression object: (call_expression function: (identifier) @function))])) @import
  (#eq? @function "require"))
((variable_declaration
   (variable_declarator value: [
     (call_expression function: (identifier) @function)
     (member_expression object: (call_expression function: (identifier) @function))])) @import
  (#eq? @function "require"))
((expression_statement (call_expression function: (identifier) @function)) @import
  (#eq? @function "require"))
