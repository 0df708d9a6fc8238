; What XCTest and Swift Testing take for a test, and the classes that by their name hold tests.

((function_declaration "func" . (_) @name) @test
  (#match? @name "^test\\w*$"))
((function_declaration . (_) @modifiers) @test
  (#match? @modifiers "^[^(]*@Test\\b"))
((class_declaration name: (type_identifier) @name) @test
  (#match? @name "Tests?$"))
