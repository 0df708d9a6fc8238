-- Another language server of the same buffer, which lives in this process and counts in UTF-16, is asked what a name means.

local here = vim.fs.dirname(vim.fs.abspath(debug.getinfo(1, 'S').source:sub(2)))
local driver = dofile(here .. '/driver.lua')

local asked = {}

local function other_server()
  local answers = {
    initialize = function()
      return { capabilities = { definitionProvider = true, positionEncoding = 'utf-16' } }
    end,
    ['textDocument/definition'] = function(params)
      table.insert(asked, params.position)
      local place = { line = 6, character = 8 }
      return { uri = vim.uri_from_fname(vim.env.FOLDER .. '/areas.py'), range = { start = place, ['end'] = place } }
    end,
  }
  return {
    request = function(method, params, callback)
      local answer = answers[method]
      vim.schedule(function()
        callback(nil, answer and answer(params) or nil)
      end)
      return true, 1
    end,
    notify = function() end,
    is_closing = function()
      return false
    end,
    terminate = function() end,
  }
end

driver.test(function()
  vim.fn.mkdir(vim.env.FOLDER .. '/.git', 'p')
  -- However slow the machine is.
  local editor = { 'definitions', 'references', 'diagnostics' }
  vim.lsp.config('aiia', { init_options = { aiia = { editor = editor, editorLimitMs = driver.LIMIT_MS } } })
  driver.start({ vim.env.AIIA_BIN, 'lsp' })
  local buffer = driver.open(vim.env.FILE)
  assert(vim.lsp.start({ name = 'other', cmd = other_server }, { bufnr = buffer }))
  driver.wait_for('the other server', function()
    local other = vim.lsp.get_clients({ bufnr = buffer, name = 'other' })[1]
    return other and other.initialized
  end)
  local client = driver.client()
  assert(client:request_sync('aiia/workspace/index', { path = vim.env.FOLDER }, driver.LIMIT_MS))
  local bundle = assert(client:request_sync('aiia/context/get', {
    document = { path = vim.env.FILE },
    selection = { lines = { start = 3, ['end'] = 3 } },
    budget = 1000,
  }, driver.LIMIT_MS)).result
  local reasons = {}
  for _, piece in ipairs(bundle.pieces) do
    if piece.path == 'areas.py' then
      table.insert(reasons, piece.start_line .. ' ' .. piece.reason)
    end
  end
  driver.equal('what the server was asked', asked, { { line = 2, character = 23 } })
  driver.equal('pieces', reasons, { '7 the editor finds `area` behind a name here' })
end)
