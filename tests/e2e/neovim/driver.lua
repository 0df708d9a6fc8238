-- Drives a real Neovim as a user would, for tests run by `nvim --headless --clean -l test.lua`.
--
--   local driver = dofile('tests/e2e/neovim/driver.lua')
--   driver.test(function()
--     driver.start({ 'aiia', 'lsp' })
--     driver.open('/project/src/main.rs')
--     driver.run_action('Fix', 3)
--     local review = driver.review_buffer()
--   end)
--
-- Lines and columns are counted from 1, columns in bytes, as Neovim shows them. Whatever fails ends the process with exit code 1
-- and everything known: messages, progress, buffers, the end of Neovim's LSP log (which holds the server's standard error).

local driver = {}

--- How long anything is waited for; a loaded machine takes its time.
driver.LIMIT_MS = 60000

local recorded = {} -- Everything the user was shown, in order.
local client_name

local function say(text)
  io.stdout:write(text, '\n')
  io.stdout:flush()
end

local function record(kind, text)
  table.insert(recorded, { kind = kind, text = tostring(text) })
end

local function indented(text)
  return '    ' .. tostring(text):gsub('\n', '\n    ')
end

local function report()
  say('messages and progress:')
  for _, entry in ipairs(recorded) do
    say(indented(entry.kind .. ': ' .. entry.text))
  end
  say('clients:')
  for _, client in ipairs(vim.lsp.get_clients()) do
    local attached = vim.tbl_map(vim.api.nvim_buf_get_name, vim.tbl_keys(client.attached_buffers))
    say(indented(('%s (id %d, %s): %s'):format(client.name, client.id, client.offset_encoding, table.concat(attached, ', '))))
  end
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) and vim.bo[buffer].buftype == '' and vim.api.nvim_buf_get_name(buffer) ~= '' then
      local current = buffer == vim.api.nvim_get_current_buf() and ' (current)' or ''
      say(('buffer %d%s: %s'):format(buffer, current, vim.api.nvim_buf_get_name(buffer)))
      local lines = vim.api.nvim_buf_get_lines(buffer, 0, 80, false)
      say(indented(table.concat(lines, '\n')))
    end
  end
  local log = vim.lsp.log.get_filename()
  local ok, lines = pcall(vim.fn.readfile, log, '', -60)
  say('end of ' .. log .. ':')
  say(indented(ok and table.concat(lines, '\n') or 'not readable'))
end

--- Ends the process: `reason`, then all that is known.
function driver.fail(reason)
  say('FAILED: ' .. reason)
  pcall(report)
  os.exit(1)
end

--- Runs `body` and ends the process: 0 when it returns, 1 with a report when anything in it fails.
function driver.test(body)
  local ok, problem = xpcall(body, debug.traceback)
  if not ok then
    driver.fail(problem)
  end
  driver.stop()
  say('passed')
  os.exit(0)
end

--- Waits until `condition()` is true; its value is returned. Handles Neovim's events meanwhile.
function driver.wait_for(what, condition, timeout_ms)
  timeout_ms = timeout_ms or driver.LIMIT_MS
  local deadline = vim.uv.hrtime() + timeout_ms * 1e6
  local value
  -- vim.wait does not count the time that a condition spends in a request of its own, hence the deadline.
  vim.wait(timeout_ms, function()
    value = condition()
    return value and true or vim.uv.hrtime() > deadline
  end, 20)
  if not value then
    driver.fail(('no %s within %d ms'):format(what, timeout_ms))
  end
  return value
end

--- Fails unless both are equal; strings are shown with their control characters.
function driver.equal(what, actual, expected)
  if not vim.deep_equal(actual, expected) then
    driver.fail(('%s:\n  expected %s\n  found    %s'):format(what, vim.inspect(expected), vim.inspect(actual)))
  end
end

local function remember_what_the_user_sees()
  vim.notify = function(message, level)
    record('notify ' .. tostring(level or ''), message)
  end
  vim.notify_once = vim.notify
  vim.lsp.handlers['window/showMessage'] = function(_, params)
    record('showMessage ' .. params.type, params.message)
    return vim.NIL
  end
  vim.lsp.handlers['window/logMessage'] = function(_, params)
    record('logMessage ' .. params.type, params.message)
    return vim.NIL
  end
  -- Nobody is there to answer a menu: the test says beforehand what to choose, else the question is dismissed.
  vim.ui.select = function(items, options, on_choice)
    local format = options.format_item or tostring
    local wanted, chosen = driver.next_choice, nil
    for index, item in ipairs(items) do
      record('choice offered', format(item))
      if wanted and not chosen and format(item):find(wanted) then
        chosen = index
      end
    end
    driver.next_choice = nil
    on_choice(items[chosen], chosen)
  end
  vim.ui.input = function(options, on_confirm)
    record('input asked', options.prompt or '')
    local text = driver.next_input
    driver.next_input = nil
    on_confirm(text)
  end
  vim.api.nvim_create_autocmd('LspProgress', {
    callback = function(event)
      local value = vim.tbl_get(event, 'data', 'params', 'value') or {}
      record('progress ' .. tostring(value.kind), table.concat({ value.title or '', value.message or '', value.percentage or '' }, ' '))
    end,
  })
end

--- Enables the project's own Neovim configuration with `command` as its server.
--- `options.name` is the configuration's name (default `aiia`), `options.env` additional environment for the server.
function driver.start(command, options)
  options = options or {}
  client_name = options.name or 'aiia'
  local here = vim.fs.dirname(vim.fs.abspath(debug.getinfo(1, 'S').source:sub(2)))
  vim.opt.runtimepath:prepend(vim.fs.normalize(here .. '/../../../daemon/editors/neovim'))
  vim.o.swapfile = false
  vim.o.hidden = true
  vim.o.autoread = true
  vim.cmd('filetype on')
  vim.lsp.log.set_level(options.log_level or 'info')
  remember_what_the_user_sees()
  vim.lsp.config(client_name, { cmd = command, cmd_env = options.env })
  vim.lsp.enable(client_name)
end

--- The running client, or nil.
function driver.client()
  return vim.lsp.get_clients({ name = client_name })[1]
end

--- Opens a file in the current window and waits until the server serves it. Returns the buffer.
function driver.open(path, timeout_ms)
  vim.cmd.edit(vim.fn.fnameescape(path))
  local buffer = vim.api.nvim_get_current_buf()
  if vim.bo[buffer].filetype == '' then
    vim.bo[buffer].filetype = 'text'
  end
  driver.wait_attached(buffer, timeout_ms)
  return buffer
end

--- Waits until the server serves `buffer` (default: the current one).
function driver.wait_attached(buffer, timeout_ms)
  buffer = buffer or vim.api.nvim_get_current_buf()
  driver.wait_for('server for ' .. vim.api.nvim_buf_get_name(buffer), function()
    local client = vim.lsp.get_clients({ bufnr = buffer, name = client_name })[1]
    return client and client.initialized
  end, timeout_ms)
end

--- Shows `buffer` in the current window.
function driver.show(buffer)
  vim.api.nvim_set_current_buf(buffer)
end

local function ends_of(line, place)
  if type(place) == 'table' then
    return place[1], place[2]
  end
  return { line, (place or 1) - 1 }, { line, (place or 1) - 1 }
end

--- The code actions in the current buffer at `line` and column `place` (default 1), or in a range: `actions_at(nil, { { 3, 0 }, { 9, 2 } })`
--- with the (1, 0)-indexed ends that Neovim uses for marks. Asked as a user asks, with the diagnostics of that place.
function driver.actions_at(line, place, timeout_ms)
  local buffer = vim.api.nvim_get_current_buf()
  driver.wait_attached(buffer, timeout_ms)
  local client = driver.client()
  local first, last = ends_of(line, place)
  local params = vim.lsp.util.make_given_range_params(first, last, buffer, client.offset_encoding)
  if type(place) ~= 'table' then
    params.range['end'] = params.range.start
  end
  local diagnostics = {}
  for _, diagnostic in ipairs(vim.diagnostic.get(buffer)) do
    if diagnostic.lnum <= last[1] - 1 and diagnostic.end_lnum >= first[1] - 1 and vim.tbl_get(diagnostic, 'user_data', 'lsp') then
      table.insert(diagnostics, diagnostic.user_data.lsp)
    end
  end
  params.context = { diagnostics = diagnostics, triggerKind = 1 }
  local answer, problem = client:request_sync('textDocument/codeAction', params, timeout_ms or driver.LIMIT_MS, buffer)
  if not answer or answer.err then
    driver.fail('textDocument/codeAction: ' .. vim.inspect(answer and answer.err or problem))
  end
  return answer.result or {}
end

--- The titles of `actions_at`.
function driver.titles_at(line, place)
  return vim.tbl_map(function(action)
    return action.title
  end, driver.actions_at(line, place))
end

--- Runs the one code action whose title has `pattern` (a Lua pattern), at a place as for `actions_at`, the way `gra` does it.
function driver.run_action(pattern, line, place)
  local titles = driver.titles_at(line, place)
  local fitting = vim.tbl_filter(function(title)
    return title:find(pattern)
  end, titles)
  if #fitting ~= 1 then
    driver.fail(('%d code actions like %q at line %s; there are: %s'):format(#fitting, pattern, tostring(line), vim.inspect(titles)))
  end
  local first, last = ends_of(line, place)
  vim.api.nvim_win_set_cursor(0, first)
  record('action', fitting[1])
  vim.lsp.buf.code_action({
    apply = true,
    filter = function(action)
      return action.title == fitting[1]
    end,
    range = type(place) == 'table' and { start = first, ['end'] = last } or nil,
  })
end

--- The first line of `buffer` (default: the current one) that has `text` literally, from `after` (default 0) on; nil when there is none.
function driver.find_line(text, buffer, after)
  for number, content in ipairs(vim.api.nvim_buf_get_lines(buffer or 0, 0, -1, false)) do
    if number > (after or 0) and content:find(text, 1, true) then
      return number
    end
  end
end

--- The bytes that writing `buffer` would put into its file.
function driver.bytes(buffer)
  local options = vim.bo[buffer or 0]
  local ending = ({ unix = '\n', dos = '\r\n', mac = '\r' })[options.fileformat]
  local lines = vim.api.nvim_buf_get_lines(buffer or 0, 0, -1, false)
  local text = table.concat(lines, ending)
  if options.endofline or (options.fixendofline and not options.binary) then
    text = text .. ending
  end
  return (options.bomb and '\239\187\191' or '') .. text
end

--- The bytes of a file.
function driver.file_bytes(path)
  local file = assert(io.open(path, 'rb'))
  local content = file:read('*a')
  file:close()
  return content
end

--- Waits for a review document: a loaded `.diff` buffer below a folder `review`, served by the server. Returns the newest one.
function driver.review_buffer(timeout_ms)
  local buffer = driver.wait_for('review document', function()
    local newest
    for _, candidate in ipairs(vim.api.nvim_list_bufs()) do
      if vim.api.nvim_buf_is_loaded(candidate) and vim.api.nvim_buf_get_name(candidate):find('/review/[^/]*%.diff$') then
        newest = candidate
      end
    end
    return newest
  end, timeout_ms)
  driver.wait_attached(buffer, timeout_ms)
  return buffer
end

--- Undoes the last step in `buffer` (default: the current one).
function driver.undo(buffer)
  vim.api.nvim_buf_call(buffer or 0, function()
    vim.cmd('silent undo')
  end)
end

--- Types `text` at the end of `line` of the current buffer, as a user does (with all events).
function driver.type_at(line, text)
  vim.api.nvim_win_set_cursor(0, { line, 0 })
  vim.api.nvim_feedkeys(vim.keycode('A') .. text .. vim.keycode('<Esc>'), 'xt', false)
end

--- Everything shown to the user so far: `{ kind, text }` rows.
function driver.shown()
  return recorded
end

--- Waits until something with `text` (literally) was shown to the user; returns that row.
function driver.wait_shown(text, timeout_ms)
  return driver.wait_for(('message with %q'):format(text), function()
    for _, entry in ipairs(recorded) do
      if entry.text:find(text, 1, true) then
        return entry
      end
    end
  end, timeout_ms)
end

--- Stops the client in an orderly way and waits for its end.
function driver.stop(timeout_ms)
  local client = driver.client()
  if client then
    client:stop()
    driver.wait_for('end of the server', function()
      return client:is_stopped()
    end, timeout_ms)
  end
end

return driver
