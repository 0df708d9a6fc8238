; What an outline of a style sheet shows. A rule of several selectors is found by each of them.

(rule_set (selectors (_) @name) (block) @body) @definition.rule
(media_statement . (_) @name (block) @body) @definition.rule
(supports_statement . (_) @name (block) @body) @definition.rule
(keyframes_statement (keyframes_name) @name (keyframe_block_list) @body) @definition.rule
(at_rule (at_keyword) @name (block) @body) @definition.rule
((declaration (property_name) @name) @definition.variable
  (#match? @name "^--"))

(comment) @leading.comment
