; What an outline of a Go file shows.

(function_declaration name: (_) @name) @definition.function
(method_declaration
  receiver: (parameter_list
    (parameter_declaration type: [
      (type_identifier) @container
      (generic_type type: (type_identifier) @container)
      (pointer_type (type_identifier) @container)
      (pointer_type (generic_type type: (type_identifier) @container))
      (parenthesized_type)]))
  name: (_) @name) @definition.method

(type_spec name: (_) @name type: (struct_type (field_declaration_list) @body)) @definition.struct
(type_spec name: (_) @name type: (interface_type "interface" @header)) @definition.interface
(type_spec name: (_) @name) @definition.type_alias
(type_alias name: (_) @name) @definition.type_alias
(type_spec type: (struct_type (field_declaration_list (field_declaration name: (_) @name) @definition.field)))
(type_spec type: (struct_type (field_declaration_list (field_declaration !name type: (_) @name) @definition.field)))
(type_spec type: (interface_type (method_elem name: (_) @name) @definition.method))

((const_spec (identifier) @name) @definition.constant
  (#not-eq? @name "_"))
((var_spec name: (identifier) @name) @definition.variable
  (#not-eq? @name "_"))

(type_declaration . [(type_spec) (type_alias)] @wrapped .) @wrapper
(const_declaration . (const_spec) @wrapped .) @wrapper
(var_declaration . (var_spec) @wrapped .) @wrapper

(comment) @leading.comment
