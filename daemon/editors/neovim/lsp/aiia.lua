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

-- `:AiiaEdit` and `:AiiaAsk`, which need words of the user: those behind the command, or what is typed at a prompt.
local function add_commands(client, buffer)
  local function command(name, kind, prompt)
    vim.api.nvim_buf_create_user_command(buffer, name, function(options)
      local here = vim.lsp.util.make_position_params(0, client.offset_encoding)
      local range = { start = here.position, ['end'] = here.position }
      if options.range > 0 then
        range = { start = { line = options.line1 - 1, character = 0 }, ['end'] = { line = options.line2, character = 0 } }
      end
      local function send(text)
        if text and vim.trim(text) ~= '' then
          local argument = { uri = here.textDocument.uri, range = range, instruction = text }
          client:exec_cmd({ title = name, command = kind, arguments = { argument } }, { bufnr = buffer })
        end
      end
      if options.args ~= '' then
        send(options.args)
      else
        vim.ui.input({ prompt = prompt }, send)
      end
    end, { nargs = '*', range = true, desc = 'aiia: ' .. prompt, force = true })
  end
  command('AiiaEdit', 'aiia.edit', 'What is to be changed? ')
  command('AiiaAsk', 'aiia.ask', 'What do you want to know? ')
end

-- The daemon ends when it is told to, when a backup is restored and when a new version takes its place; `aiia lsp` then ends
-- with the exit code 3. The next connection starts the daemon again: a few times a minute, should it not stay.
local LOST, MOST_RETURNS, RETURN_WINDOW_MS, RETURN_DELAY_MS = 3, 5, 60000, 300
local served, returns = {}, {}

local function on_attach(client, buffer)
  served[buffer] = true
  add_workspace_folder(client, buffer)
  add_commands(client, buffer)
end

local function on_exit(code)
  local now = vim.uv.now()
  returns = vim.tbl_filter(function(time)
    return now - time < RETURN_WINDOW_MS
  end, returns)
  if code ~= LOST or #returns >= MOST_RETURNS then
    return
  end
  table.insert(returns, now)
  vim.defer_fn(function()
    for buffer in pairs(served) do
      if not vim.api.nvim_buf_is_loaded(buffer) then
        served[buffer] = nil
      elseif vim.fn.exists('#nvim.lsp.enable#FileType') == 1 then
        vim.api.nvim_exec_autocmds('FileType', { group = 'nvim.lsp.enable', buffer = buffer, modeline = false })
      end
    end
  end, RETURN_DELAY_MS)
end

-- What the other language servers of this Neovim know goes into the context of a question.

-- A position of aiia's in the columns of another server.
local function position_for(client, position, buffer)
  local ours = vim.lsp.get_clients({ name = 'aiia' })[1]
  if not ours or ours.offset_encoding == client.offset_encoding then
    return position
  end
  local line = vim.api.nvim_buf_get_lines(buffer, position.line, position.line + 1, false)[1] or ''
  local byte = vim.str_byteindex(line, ours.offset_encoding, position.character, false)
  return { line = position.line, character = vim.str_utfindex(line, client.offset_encoding, byte, false) }
end

-- Asks the other servers of a buffer about all positions at once. Gives a list of places for each, once all have answered or the
-- time is over. Neovim calls handlers of requests in a coroutine, so that it goes on meanwhile.
local function ask_others(method, params, positions, context)
  local buffer = vim.uri_to_bufnr(params.textDocument.uri)
  local waiting, open, done = coroutine.running(), 0, false
  local found = vim.tbl_map(function()
    return {}
  end, positions)
  local function go_on()
    if not done and open <= 0 then
      done = true
      vim.schedule(function()
        coroutine.resume(waiting)
      end)
    end
  end
  for _, client in ipairs(vim.lsp.get_clients({ bufnr = buffer, method = method })) do
    for index, position in ipairs(client.name ~= 'aiia' and positions or {}) do
      local asked = {
        textDocument = { uri = params.textDocument.uri },
        position = position_for(client, position, buffer),
        context = context,
      }
      open = open + 1
      client:request(method, asked, function(_, result)
        if not done and type(result) == 'table' then
          vim.list_extend(found[index], vim.islist(result) and result or { result })
        end
        open = open - 1
        go_on()
      end, buffer)
    end
  end
  if open > 0 then
    vim.defer_fn(function()
      open = 0
      go_on()
    end, params.withinMs)
    coroutine.yield()
  end
  return found
end

local handlers = {}

-- What aiia writes into a review document is no change that has to be saved; what the user typed there before is one.
handlers['workspace/applyEdit'] = function(problem, params, context)
  local unmodified, changed = {}, vim.tbl_keys(params.edit.changes or {})
  for _, change in ipairs(params.edit.documentChanges or {}) do
    table.insert(changed, vim.tbl_get(change, 'textDocument', 'uri'))
  end
  for _, uri in ipairs(changed) do
    if uri:match('/review/%x+%-%x+%-%x+%-%x+%-%x+%.diff$') then
      local buffer = vim.uri_to_bufnr(uri)
      unmodified[buffer] = not vim.bo[buffer].modified or nil
    end
  end
  local answer = vim.lsp.handlers['workspace/applyEdit'](problem, params, context)
  for buffer in pairs(unmodified) do
    vim.bo[buffer].modified = false
  end
  return answer
end

handlers['aiia/editor/definitions'] = function(_, params)
  return { definitions = ask_others('textDocument/definition', params, params.positions) }
end

handlers['aiia/editor/references'] = function(_, params)
  return ask_others('textDocument/references', params, { params.position }, { includeDeclaration = false })[1]
end

handlers['aiia/editor/diagnostics'] = function(_, params)
  local found = {}
  for _, diagnostic in ipairs(vim.diagnostic.get(vim.uri_to_bufnr(params.textDocument.uri))) do
    table.insert(found, vim.tbl_get(diagnostic, 'user_data', 'lsp'))
  end
  return found
end

---@type vim.lsp.Config
return {
  cmd = { 'aiia', 'lsp' },
  root_dir = root_dir,
  reuse_client = reuse_client,
  on_attach = on_attach,
  on_exit = on_exit,
  handlers = handlers,
  init_options = { aiia = { editor = { 'definitions', 'references', 'diagnostics' } } },
  -- Neovim tells of typing 150 ms late, and applies edits for the text before it at the wrong place without noticing.
  flags = { debounce_text_changes = 0 },
}
