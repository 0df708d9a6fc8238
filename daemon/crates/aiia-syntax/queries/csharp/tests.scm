; What xUnit, NUnit and MSTest take for a test, and the classes that by their name hold tests.

((method_declaration (attribute_list (attribute name: (identifier) @attribute))) @test
  (#any-of? @attribute "Fact" "Theory" "Test" "TestCase" "TestCaseSource" "TestMethod" "DataTestMethod"))

((class_declaration name: (identifier) @name) @test
  (#match? @name "Tests?$"))
