; Names that JavaScript code uses, beside those TypeScript uses too.

(class_heritage (identifier) @reference.type)
(class_heritage (member_expression property: (_) @reference.type))
(formal_parameters (identifier) @binding)
