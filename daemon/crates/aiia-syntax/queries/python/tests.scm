; What pytest and unittest take for a test.

((function_definition name: (identifier) @name) @test
  (#match? @name "^test_|^test$"))

((class_definition name: (identifier) @name) @test
  (#match? @name "^Test|Tests?$|TestCase$"))
