; What `go test` runs.

((function_declaration
   name: (identifier) @name
   parameters: (parameter_list
     (parameter_declaration type: (pointer_type (qualified_type package: (package_identifier) @package))))) @test
  (#match? @name "^(Test|Benchmark|Fuzz)")
  (#eq? @package "testing"))

((function_declaration name: (identifier) @name parameters: (parameter_list) @parameters) @test
  (#match? @name "^Example")
  (#eq? @parameters "()"))
