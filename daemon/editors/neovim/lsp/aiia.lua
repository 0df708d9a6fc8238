-- aiia for Neovim 0.11 and newer: copy this file to ~/.config/nvim/lsp/aiia.lua and put
-- vim.lsp.enable('aiia') into your init.lua. Nothing else is needed.

local root_markers = {
  '.git', '.hg', '.jj', 'Cargo.toml', 'pyproject.toml', 'setup.py', 'package.json', 'go.mod', 'pom.xml', 'build.gradle',
  'CMakeLists.txt', 'Makefile',
}

local function project_root(buffer)
  return vim.fs.root(buffer, root_markers)
end

-- One connection serves all buffers: aiia finds the project from a file's path, and the review and explanation files that
-- it opens lie outside of every project.
local function reuse_client(client, config)
  return client.name == config.name and not client:is_stopped()
end

-- Without a root for files outside of a project; not at all for buffers that are no files (help, oil://, fugitive://).
local function root_dir(buffer, on_dir)
  local name = vim.api.nvim_buf_get_name(buffer)
  if vim.bo[buffer].buftype == '' and name ~= '' and not name:match('^%a[%w+.-]+://') then
    on_dir(project_root(buffer))
  end
end

-- Tells the server about the project of a buffer that joined the connection of another project.
local function add_workspace_folder(client, buffer)
  local root = project_root(buffer)
  if not root or not vim.tbl_get(client.server_capabilities, 'workspace', 'workspaceFolders', 'changeNotifications') then
    return
  end
  local folder = { uri = vim.uri_from_fname(root), name = root }
  for _, known in ipairs(client.workspace_folders or {}) do
    if known.uri == folder.uri then
      return
    end
  end
  client.workspace_folders = vim.list_extend(client.workspace_folders or {}, { folder })
  client:notify('workspace/didChangeWorkspaceFolders', { event = { added = { folder }, removed = {} } })
end

---@type vim.lsp.Config
return {
  cmd = { 'aiia', 'lsp' },
  root_dir = root_dir,
  reuse_client = reuse_client,
  on_attach = add_workspace_folder,
  -- Neovim tells of typing 150 ms late, and applies edits for the text before it at the wrong place without noticing.
  flags = { debounce_text_changes = 0 },
}
