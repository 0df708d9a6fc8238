; Names that a shell script uses. What is built into the shell is none.

((command name: (command_name (word) @reference.call))
  (#not-match? @reference.call "/"))
(variable_name) @reference.value

((command_name (word) @binding)
  (#any-of? @binding
    "." ":" "[" "alias" "break" "cd" "command" "continue" "echo" "eval" "exec" "exit" "export" "false" "getopts" "kill"
    "local" "popd" "printf" "pushd" "read" "return" "set" "shift" "shopt" "source" "test" "trap" "true" "type" "ulimit"
    "umask" "unset" "wait"))
(variable_assignment name: (variable_name) @binding)
(declaration_command (variable_name) @binding)
(for_statement variable: (variable_name) @binding)
((variable_name) @binding
  (#match? @binding "^[0-9]+$"))
