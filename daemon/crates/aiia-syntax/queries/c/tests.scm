; Test frameworks of C go by the name or have a macro of their own; the name is what they have in common.

((function_definition declarator: (function_declarator declarator: (identifier) @name)) @test
  (#match? @name "^test_"))
