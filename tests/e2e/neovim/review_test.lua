-- A fix in a real Neovim against the real program: accept one hunk, reject the other, undo.

local here = vim.fs.dirname(vim.fs.abspath(debug.getinfo(1, 'S').source:sub(2)))
local driver = dofile(here .. '/driver.lua')

local expected = {
  python = { keep = 'total = 0', old = 'total = 1', refuse = 'len(value)', line = 5 },
  rust = { keep = 'values.len() - 1;', old = 'values.len();', refuse = 'sum + values[end]', line = 3 },
}

driver.test(function()
  local want = expected[vim.env.KIND]
  local file = vim.env.FILE
  driver.start({ vim.env.AIIA_BIN, 'lsp' })
  local buffer = driver.open(file)
  driver.wait_attached(buffer)
  local before = driver.bytes(buffer)

  driver.run_action('Fix', want.line)
  local review
  driver.wait_for('the review document', function()
    review = driver.review_buffer()
    return review ~= nil
  end, driver.LIMIT_MS)
  driver.wait_attached(review)
  driver.show(review)

  local kept = driver.find_line('+', review, driver.find_line(want.old, review))
  driver.run_action('Accept hunk', kept)
  driver.wait_for('the accepted hunk', function()
    return driver.bytes(buffer):find(want.keep, 1, true) ~= nil
  end, driver.LIMIT_MS)

  driver.show(review)
  driver.run_action('Reject hunk', driver.find_line(want.refuse, review))
  driver.wait_for('the rejected hunk', function()
    return driver.find_line('rejected', review) ~= nil
  end, driver.LIMIT_MS)
  local after = before:gsub(vim.pesc(want.old), (want.keep:gsub('%%', '%%%%')), 1)
  driver.equal('only the accepted hunk', driver.bytes(buffer), after)

  driver.undo(buffer)
  driver.equal('undone', driver.bytes(buffer), before)
end)
