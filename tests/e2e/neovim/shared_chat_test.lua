-- A chat begun in Neovim, and then changed elsewhere: Neovim hears of it. What it knows goes into the files of OUT, for the test
-- that started it.

local here = vim.fs.dirname(vim.fs.abspath(debug.getinfo(1, 'S').source:sub(2)))
local driver = dofile(here .. '/driver.lua')

local function tell(name, value)
  local path = vim.env.OUT .. '/' .. name
  local file = assert(io.open(path .. '.part', 'w'))
  file:write(vim.json.encode(value))
  file:close()
  assert(vim.uv.fs_rename(path .. '.part', path))
end

driver.test(function()
  -- When the newest change of a chat was heard of.
  local heard
  vim.lsp.handlers['aiia/event'] = function(_, event)
    if event.entity == 'chat' and event.change == 'updated' then
      local seconds, microseconds = vim.uv.gettimeofday()
      heard = seconds + microseconds / 1e6
    end
  end
  driver.start({ vim.env.AIIA_BIN, 'lsp' })
  local buffer = driver.open(vim.env.FILE)
  local client = driver.client()
  local started = assert(client:request_sync('workspace/executeCommand', {
    command = 'aiia.explain',
    arguments = { { uri = vim.uri_from_bufnr(buffer) } },
  }, driver.LIMIT_MS, buffer)).result
  driver.wait_for('the end of the run', function()
    local run = assert(client:request_sync('aiia/run/get', { run_id = started.run_id }, driver.LIMIT_MS)).result
    return run.status == 'completed'
  end)
  assert(client:request_sync('aiia/events/subscribe', vim.empty_dict(), driver.LIMIT_MS))
  local function title()
    return assert(client:request_sync('aiia/chat/get', { chat_id = started.chat_id }, driver.LIMIT_MS)).result.title
  end
  local first = title()
  tell('begun', { chat_id = started.chat_id })
  local seen
  driver.wait_for('the change made elsewhere', function()
    -- That the run has ended is a change of the chat, too, and may be told after it can be seen.
    if heard then
      local at = heard
      heard = nil
      seen = { at = at, title = title() }
    end
    return seen and seen.title ~= first
  end, driver.LIMIT_MS)
  tell('seen', seen)
end)
