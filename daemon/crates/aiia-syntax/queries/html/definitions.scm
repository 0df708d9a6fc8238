; What an outline of a page shows: elements that have an id go by it, those that structure the page by their tag.

((element
   (start_tag
     (attribute
       (attribute_name) @attribute
       [(attribute_value) @name (quoted_attribute_value (attribute_value) @name)])) @header) @definition.element
  (#match? @attribute "^[iI][dD]$"))
((element
   (self_closing_tag
     (attribute
       (attribute_name) @attribute
       [(attribute_value) @name (quoted_attribute_value (attribute_value) @name)]))) @definition.element
  (#match? @attribute "^[iI][dD]$"))
((element (start_tag (tag_name) @name) @header) @definition.element
  (#match? @name
    "^(html|head|title|body|header|nav|main|section|article|aside|footer|form|table|dialog|template|h[1-6])$")
  (#not-match? @header "\\s[iI][dD]\\s*="))

(script_element (start_tag (tag_name) @name) @header) @definition.element
(style_element (start_tag (tag_name) @name) @header) @definition.element

(comment) @leading.comment
