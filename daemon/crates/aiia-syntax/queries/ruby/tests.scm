; What minitest, test-unit and RSpec take for a test or a group of tests.

((method name: (identifier) @name) @test
  (#match? @name "^test_"))

((class name: (constant) @name) @test
  (#match? @name "^Test[A-Z]|Test$|Tests$|TestCase$"))

((call method: (identifier) @method block: (_)) @test
  (#any-of? @method
    "describe" "context" "it" "specify" "test" "should" "feature" "scenario" "example" "shared_examples"))
