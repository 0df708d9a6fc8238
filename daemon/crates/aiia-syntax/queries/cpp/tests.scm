; Macros of GoogleTest, Catch2 and doctest.

((function_definition !type declarator: (function_declarator declarator: (identifier) @macro)) @test
  (#match? @macro "^(TYPED_)?TEST(_F|_P)?$"))

((expression_statement (call_expression function: (identifier) @macro)) @test
  . (compound_statement) @test
  (#any-of? @macro "TEST_CASE" "SCENARIO" "TEMPLATE_TEST_CASE" "BOOST_AUTO_TEST_CASE"))
