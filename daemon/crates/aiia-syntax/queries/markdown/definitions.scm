; What an outline of a text shows: its headings, each with what stands under it. One that is underlined has no section of
; its own in the tree.

(section . (atx_heading heading_content: (inline) @name) @header) @definition.heading
(setext_heading heading_content: (paragraph (inline) @name)) @definition.heading
