-- One answer changes three files: its five hunks are decided on one by one while lines are typed above them, and taken back at once.

local here = vim.fs.dirname(vim.fs.abspath(debug.getinfo(1, 'S').source:sub(2)))
local driver = dofile(here .. '/driver.lua')

-- In the order of the review: the line of the review that stands for the hunk, and what is decided.
local hunks = {
  { line = '-    return sum(xs) / len(xs) + 1', action = 'Accept hunk', file = 'stats.py', new = 'return sum(xs) / len(xs)\n' },
  { line = '-    return xs[0]', action = 'Reject hunk', file = 'stats.py' },
  { line = '-LIMIT = 10', action = 'Accept hunk', file = 'limits.py', new = 'LIMIT = 100' },
  { line = '-NAME = "x"', action = 'Accept hunk', file = 'limits.py', new = 'NAME = "y"' },
  { line = '-    a - b', action = 'Accept hunk', file = 'sum.rs', new = '    a + b' },
}

driver.test(function()
  local folder = vim.env.FOLDER
  driver.start({ vim.env.AIIA_BIN, 'lsp' })
  local stats = driver.open(folder .. '/stats.py')
  local buffers = { ['stats.py'] = stats, ['limits.py'] = driver.open(folder .. '/limits.py') }
  driver.show(stats)
  driver.run_action('Fix', 2)
  local review = driver.wait_for('the review document', driver.review_buffer, driver.LIMIT_MS)
  driver.wait_attached(review)

  local typed = {}
  for number, hunk in ipairs(hunks) do
    local buffer = buffers[hunk.file]
    if buffer then
      vim.api.nvim_buf_set_lines(buffer, 0, 0, false, { '# typed ' .. number })
      typed[hunk.file] = '# typed ' .. number .. '\n' .. (typed[hunk.file] or '')
    end
    driver.show(review)
    driver.run_action(hunk.action, driver.find_line(hunk.line, review))
    driver.wait_for('hunk ' .. number .. ' in the review', function()
      local _, decided = driver.bytes(review):gsub('%[accepted%]', '')
      local _, refused = driver.bytes(review):gsub('%[rejected%]', '')
      return decided + refused == number
    end)
    if hunk.new then
      buffers[hunk.file] = buffers[hunk.file] or vim.fn.bufnr(folder .. '/' .. hunk.file)
      driver.wait_for('hunk ' .. number .. ' in ' .. hunk.file, function()
        return driver.bytes(buffers[hunk.file]):find(hunk.new, 1, true)
      end)
    end
  end

  local originals = { ['stats.py'] = vim.env.STATS, ['limits.py'] = vim.env.LIMITS, ['sum.rs'] = vim.env.SUM }
  local changes = {
    ['stats.py'] = { { 'len(xs) + 1', 'len(xs)' } },
    ['limits.py'] = { { 'LIMIT = 10', 'LIMIT = 100' }, { 'NAME = "x"', 'NAME = "y"' } },
    ['sum.rs'] = { { 'a - b', 'a + b' } },
  }
  for name, original in pairs(originals) do
    local expected = original
    for _, change in ipairs(changes[name]) do
      local at, until_ = expected:find(change[1], 1, true)
      expected = expected:sub(1, at - 1) .. change[2] .. expected:sub(until_ + 1)
    end
    driver.equal(name .. ' with its hunks', driver.bytes(buffers[name]), (typed[name] or '') .. expected)
  end

  driver.show(review)
  driver.run_action('Undo all', driver.find_line('-LIMIT', review))
  driver.wait_for('the undo in the review', function()
    return not driver.bytes(review):find('[accepted]', 1, true)
  end)
  for name, original in pairs(originals) do
    driver.wait_for('the undo in ' .. name, function()
      return driver.bytes(buffers[name]) == (typed[name] or '') .. original
    end)
  end
end)
