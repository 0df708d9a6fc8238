-- The review that is open shows lines that moved, and a conflict, while the user types in its file.

local here = vim.fs.dirname(vim.fs.abspath(debug.getinfo(1, 'S').source:sub(2)))
local driver = dofile(here .. '/driver.lua')

driver.test(function()
  driver.start({ vim.env.AIIA_BIN, 'lsp' })
  local file = driver.open(vim.env.FILE)
  driver.run_action('Fix', 2)
  local review = driver.review_buffer()
  local proposed = driver.bytes(review)
  driver.equal('a hunk in its first place', driver.find_line('@@ -1,', review) ~= nil, true)

  driver.show(file)
  vim.api.nvim_feedkeys(vim.keycode('ggO# typed<CR>above<Esc>'), 'xt', false)
  driver.wait_for('lines that moved in the review', function()
    return driver.find_line('@@ -3,', review)
  end)
  driver.equal('conflicts', driver.find_line('[conflict:', review), nil)

  driver.type_at(driver.find_line('len(xs) + 1', file), '0')
  local line = driver.wait_for('the conflict in the review', function()
    return driver.find_line('[conflict: line 4 was edited', review)
  end)
  local told = driver.wait_for('the diagnostic of the conflict', function()
    return vim.diagnostic.get(review)[1]
  end)
  driver.equal('the place of the diagnostic', told.lnum + 1, line)
  driver.equal('the diagnostic', told.message:find('Hunk 1 does not fit: line 4 was edited', 1, true), 1)
  driver.equal('the review as one that need not be saved', vim.bo[review].modified, false)

  -- A decision on the other hunk is made in the text as it is.
  driver.show(review)
  driver.run_action('Accept hunk 2', driver.find_line('-    return xs[0]', review))
  driver.wait_for('the accepted hunk', function()
    return driver.find_line('return xs[-1]', file)
  end)
  driver.wait_for('the decision in the review', function()
    return driver.find_line('[accepted]', review)
  end)

  driver.show(file)
  driver.undo(file)
  driver.undo(file)
  driver.wait_for('a review without the conflict', function()
    return not driver.find_line('[conflict:', review) and #vim.diagnostic.get(review) == 0
  end)

  -- What the user writes into the review stays, and the review says that it does not follow.
  driver.show(review)
  driver.type_at(driver.find_line('+    return sum(xs) / len(xs)', review), ' # mine')
  local edited = driver.bytes(review)
  driver.show(file)
  vim.api.nvim_feedkeys(vim.keycode('ggdd'), 'xt', false)
  driver.wait_for('word of the review that it does not follow', function()
    local found = vim.diagnostic.get(review)[1]
    return found and found.message:find('does not follow', 1, true)
  end)
  driver.equal('the edited review', driver.bytes(review), edited)
  driver.equal('the review was another one', edited == proposed, false)
end)
