-- Schema version 5: how often the forms of answers worked.

-- One row a model and form. Refers to nothing, and holds no word of any answer.
CREATE TABLE reply_formats (
    model   TEXT    NOT NULL,                    -- provider/model
    format  TEXT    NOT NULL,                    -- whole_symbol, search_replace, whole_file
    asked   INTEGER NOT NULL,                    -- answers that were asked for in this form
    applied INTEGER NOT NULL,                    -- those that could be applied at once
    PRIMARY KEY (model, format)
) STRICT, WITHOUT ROWID;
