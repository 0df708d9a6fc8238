; What busted takes for a test or a group of tests, and LuaUnit for a test.

((function_call
   name: (identifier) @function
   arguments: (arguments (function_definition))) @test
  (#any-of? @function "describe" "context" "insulate" "it" "spec" "test" "pending"))

((function_declaration
   name: [
     (identifier) @name
     (dot_index_expression field: (identifier) @name)
     (method_index_expression method: (identifier) @name)]) @test
  (#match? @name "^[Tt]est"))
