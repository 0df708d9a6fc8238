; What XCTest and Swift Testing take for a test, and the classes that by their name hold tests.

((class_body (function_declaration name: (simple_identifier) @name) @test)
  (#match? @name "^test"))
((function_declaration (modifiers (attribute (user_type (type_identifier) @attribute)))) @test
  (#eq? @attribute "Test"))
((class_declaration name: (type_identifier) @name) @test
  (#match? @name "Tests?$"))
