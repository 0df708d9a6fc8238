; What shunit2 and Bats take for a test; of the latter the tree has no more than the first line.

((function_definition name: (word) @name) @test
  (#match? @name "^test"))

((command name: (command_name (word) @command)) @test
  (#eq? @command "@test"))
