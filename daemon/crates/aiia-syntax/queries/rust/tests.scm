; What is a test, and the modules that hold nothing else.

((attribute_item
   (attribute [(identifier) @attribute (scoped_identifier name: (identifier) @attribute)]))
  . [(attribute_item) (line_comment) (block_comment)]*
  . (function_item) @test
  (#any-of? @attribute "test" "rstest" "case" "test_case" "quickcheck" "bench" "wasm_bindgen_test"))

((attribute_item
   (attribute (identifier) @attribute arguments: (token_tree) @condition))
  . [(attribute_item) (line_comment) (block_comment)]*
  . (mod_item) @test
  (#eq? @attribute "cfg")
  (#match? @condition "\\btest\\b")
  (#not-match? @condition "\\bnot\\b"))
