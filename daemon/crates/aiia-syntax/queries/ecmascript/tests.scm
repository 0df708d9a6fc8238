; What jest, vitest, mocha, jasmine and playwright take for a test or a group of tests: a title and a function.

((expression_statement
   (call_expression
     function: [
       (identifier) @function
       (member_expression object: (identifier) @function)
       (member_expression object: (member_expression object: (identifier) @function))
       (call_expression function: (member_expression object: (identifier) @function))
       (call_expression function: (member_expression object: (member_expression object: (identifier) @function)))]
     arguments: (arguments . (_) [(arrow_function) (function_expression)]))) @test
  (#any-of? @function "describe" "it" "test" "suite" "context" "specify" "fdescribe" "fit" "xdescribe" "xit" "bench"))
