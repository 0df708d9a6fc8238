-- An edit by words in a real Neovim against the real program: accepted, undone by `u`, accepted again; then the daemon ends.

local here = vim.fs.dirname(vim.fs.abspath(debug.getinfo(1, 'S').source:sub(2)))
local driver = dofile(here .. '/driver.lua')

driver.test(function()
  driver.start({ vim.env.AIIA_BIN, 'lsp' })
  local buffer = driver.open(vim.env.FILE)
  local before = driver.bytes(buffer)
  vim.api.nvim_win_set_cursor(0, { 2, 0 })
  driver.next_input = 'divide by the number alone'
  vim.cmd('AiiaEdit')

  local review = driver.review_buffer()
  local function act(title)
    driver.show(review)
    driver.run_action(title, driver.find_line('+    return', review))
  end
  local function is_accepted()
    return driver.bytes(buffer) == before:gsub(' %+ 1\n', '\n')
  end
  act('Accept hunk')
  driver.wait_for('the accepted hunk', is_accepted)
  driver.wait_for('the word of it in the review', function()
    return driver.find_line('accepted', review)
  end)
  driver.equal('modified', { vim.bo[review].modified, vim.bo[buffer].modified }, { false, true })

  driver.undo(buffer)
  driver.equal('undone', driver.bytes(buffer), before)
  act('Undo hunk')
  driver.wait_for('a hunk that waits again', function()
    return driver.find_line('1 pending', review)
  end)
  act('Accept hunk')
  driver.wait_for('the hunk accepted again', is_accepted)

  local lost = driver.client().id
  vim.system({ vim.env.AIIA_BIN, 'stop' }):wait(30000)
  driver.wait_for('another client', function()
    local now = driver.client()
    return now and now.id ~= lost and now.initialized
  end)
  driver.show(buffer)
  driver.equal('an action of the next daemon', driver.titles_at(2)[1], 'aiia: Explain `mean`')
end)
