-- The office's own exceptions to its hours, the reminders before closing, and how each day ended.

CREATE TABLE own_days (                  -- these dates have other hours, or the office is closed
  id           INTEGER PRIMARY KEY,
  first        TEXT NOT NULL,            -- local calendar day
  last         TEXT NOT NULL CHECK (last >= first),
  opens        TEXT,                     -- 08:00; NULL: closed all day
  closes       TEXT,
  pause_from   TEXT,
  pause_to     TEXT,
  reason_id    TEXT NOT NULL,            -- in Indonesian, for everybody to read
  reason_en    TEXT NOT NULL,
  added        TEXT NOT NULL,            -- stamp
  added_by     INTEGER REFERENCES staff,
  withdrawn    TEXT,                     -- stamp; what is withdrawn stays to be read
  withdrawn_by INTEGER REFERENCES staff,
  CHECK ((opens IS NULL) = (closes IS NULL)),
  CHECK ((pause_from IS NULL) = (pause_to IS NULL))
) STRICT;

CREATE TABLE closing_reminder (          -- said once, also when the program is started anew in between
  date    TEXT NOT NULL,                 -- local calendar day
  minutes INTEGER NOT NULL,              -- before closing, as the profile names them
  PRIMARY KEY (date, minutes)
) STRICT, WITHOUT ROWID;

CREATE TABLE named_left (                -- a bag, a card or a book that stays overnight: why
  day_id   INTEGER NOT NULL REFERENCES service_day,
  kind     TEXT NOT NULL,                -- bag, card, book, ...: as still_out.py names them
  item_id  INTEGER NOT NULL,             -- of the row that keeps it
  label    TEXT NOT NULL,                -- the visitor's number
  place    TEXT NOT NULL,                -- where it is: locker or pocket
  reason   TEXT NOT NULL,                -- a text under closing.reason
  words    TEXT NOT NULL,                -- more of it; for the office only, erased with the deposits
  at       TEXT NOT NULL,                -- stamp
  staff_id INTEGER REFERENCES staff,
  PRIMARY KEY (day_id, kind, item_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE day_end (                   -- an officer has gone through the guided page to its end
  day_id   INTEGER PRIMARY KEY REFERENCES service_day,
  at       TEXT NOT NULL,                -- stamp
  staff_id INTEGER REFERENCES staff,
  bags     INTEGER NOT NULL,             -- still here, each of them named
  cards    INTEGER NOT NULL,
  books    INTEGER NOT NULL,
  read_by  INTEGER REFERENCES staff      -- who has read it the next morning
) STRICT;
