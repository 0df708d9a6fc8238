; Components are called; what begins with a small letter is an element of the page.

((jsx_opening_element name: (identifier) @reference.call)
  (#match? @reference.call "^[A-Z]"))
((jsx_self_closing_element name: (identifier) @reference.call)
  (#match? @reference.call "^[A-Z]"))
(jsx_opening_element name: (member_expression property: (_) @reference.call))
(jsx_self_closing_element name: (member_expression property: (_) @reference.call))

((jsx_opening_element name: (identifier) @binding)
  (#not-match? @binding "^[A-Z]"))
((jsx_self_closing_element name: (identifier) @binding)
  (#not-match? @binding "^[A-Z]"))
(jsx_closing_element name: (identifier) @binding)
(jsx_closing_element name: (member_expression object: (identifier) @binding property: (_) @binding))
