; What PHPUnit and Pest take for a test, and the classes that by their name hold tests.

((method_declaration name: (name) @name) @test
  (#match? @name "^test"))
((method_declaration
   attributes: (attribute_list (attribute_group (attribute [(name) @attribute (qualified_name (name) @attribute)])))) @test
  (#eq? @attribute "Test"))
((comment) @comment . (method_declaration) @test
  (#match? @comment "@test\\b"))

((class_declaration name: (name) @name) @test
  (#match? @name "Test$|TestCase$"))

((expression_statement
   (function_call_expression
     function: (name) @function
     arguments: (arguments (argument [(anonymous_function) (arrow_function)])))) @test
  (#any-of? @function "test" "it" "describe"))
