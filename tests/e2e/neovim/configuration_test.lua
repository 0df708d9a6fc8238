-- The Neovim configuration against a toy server: one connection for projects, files outside of them and review documents.

local here = vim.fs.dirname(vim.fs.abspath(debug.getinfo(1, 'S').source:sub(2)))
local driver = dofile(here .. '/driver.lua')

local function write(path, content)
  vim.fn.mkdir(vim.fs.dirname(path), 'p')
  local file = assert(io.open(path, 'wb'))
  file:write(content)
  file:close()
  return path
end

local function state()
  return driver.client():request_sync('workspace/executeCommand', { command = 'toy.state' }, 5000, 0).result
end

local function uris(...)
  return vim.tbl_map(vim.uri_from_fname, { ... })
end

driver.test(function()
  local folder = vim.uv.fs_realpath(vim.fs.dirname(vim.fn.tempname()))
  local content = 'first line \240\159\152\128\r\nsecond line\r\n'
  local loose = write(folder .. '/loose/notes.unknowntype', 'no project\n')
  local rust = write(folder .. '/one/src/main.rs', content)
  write(folder .. '/one/Cargo.toml', '')
  local python = write(folder .. '/two/app.py', 'print(1)')
  write(folder .. '/two/pyproject.toml', '')

  driver.start({ 'python3', here .. '/toy_server.py' })

  -- A file of no known type outside of a project comes first; projects join its connection.
  driver.open(loose)
  local client = driver.client()
  local main = driver.open(rust)
  local app = driver.open(python)
  driver.wait_for('workspace folders', function()
    return #state().folders == 2
  end)
  driver.equal('clients', #vim.lsp.get_clients(), 1)
  driver.equal('workspace folders', state().folders, uris(folder .. '/one', folder .. '/two'))
  driver.equal('open documents', state().documents, uris(loose, rust, python))
  driver.equal('bytes without a final line break', driver.bytes(app), 'print(1)\n')

  -- Buffers that are no files are left alone.
  vim.cmd('help')
  driver.equal('clients of the help', #vim.lsp.get_clients({ bufnr = 0 }), 0)
  vim.cmd('bdelete')

  -- An action opens a review document in the state folder; the same client serves it, with actions of its own.
  driver.show(main)
  driver.equal('actions in the file', driver.titles_at(1), { 'Toy: fix', 'Toy: state' })
  driver.run_action('fix', nil, { { 1, 0 }, { 2, 3 } })
  local review = driver.review_buffer()
  driver.wait_shown('shown {"success": true}')
  driver.equal('client of the review', vim.lsp.get_clients({ bufnr = review })[1].id, client.id)
  driver.equal('current buffer', vim.api.nvim_get_current_buf(), review)
  driver.equal('workspace folders after the review', #state().folders, 2)
  driver.run_action('accept', driver.find_line('@@', review))
  driver.wait_shown('applied {"applied": true}')
  driver.equal('accepted', driver.bytes(main), 'fixed ' .. content)
  driver.equal('the file on the disk', driver.file_bytes(rust), content)

  driver.undo(main)
  driver.equal('undone', driver.bytes(main), content)

  driver.show(main)
  driver.type_at(2, ' typed')
  driver.equal('typed', driver.find_line('second line typed', main), 2)

  -- What the server wrote into the review document has not to be saved; what it wrote into the source has.
  driver.wait_shown('review {"applied": true}')
  driver.equal('the review', vim.api.nvim_buf_get_lines(review, 0, 1, false), { 'accepted' })
  driver.equal('modified', { vim.bo[review].modified, vim.bo[main].modified }, { false, true })

  -- What needs words asks for them, unless they stand behind the command.
  driver.show(main)
  vim.cmd('1,2AiiaEdit make it red')
  driver.wait_shown('"instruction": "make it red"')
  local asked = vim.json.decode(driver.wait_shown('aiia.edit [').text:match('%b[]'))[1]
  driver.equal('lines', { asked.range.start.line, asked.range['end'].line, asked.range['end'].character }, { 0, 2, 0 })
  driver.next_input = 'why?'
  vim.cmd('AiiaAsk')
  driver.wait_shown('"instruction": "why?"')

  -- A server that ends because the daemon does comes back, with all that it served.
  vim.lsp.buf_request(main, 'workspace/executeCommand', { command = 'toy.lose' }, function() end)
  driver.wait_for('another client', function()
    local now = driver.client()
    return now and now.id ~= client.id and now.initialized and #vim.tbl_keys(now.attached_buffers) == 4
  end)
  driver.equal('open documents of the new one', #state().documents, 4)
end)
