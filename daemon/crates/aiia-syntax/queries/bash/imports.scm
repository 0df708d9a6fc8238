; Commands that bring names into scope.

((command name: (command_name (word) @command)) @import
  (#any-of? @command "source" "."))
