; Calls that bring names into scope.

((call !receiver method: (identifier) @method) @import
  (#any-of? @method "require" "require_relative" "load" "autoload"))
