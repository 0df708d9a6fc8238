; What JUnit and TestNG take for a test, and the classes that by their name hold tests.

((method_declaration
   (modifiers [(marker_annotation name: (identifier) @annotation) (annotation name: (identifier) @annotation)])) @test
  (#any-of? @annotation "Test" "ParameterizedTest" "RepeatedTest" "TestFactory" "TestTemplate" "Property"))

((class_declaration name: (identifier) @name) @test
  (#match? @name "^Test[A-Z]|Tests?$|TestCase$|IT$"))
