; What a page takes from other files.

((element [(start_tag (tag_name) @tag) (self_closing_tag (tag_name) @tag)] @import)
  (#match? @tag "^[lL][iI][nN][kK]$"))
((script_element (start_tag (attribute (attribute_name) @attribute))) @import
  (#match? @attribute "^[sS][rR][cC]$"))
