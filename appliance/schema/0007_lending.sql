-- Photocopy forms with the books that go out with them, and what visitors ask for that is not on the shelf.

CREATE TABLE photocopy (
  id        INTEGER PRIMARY KEY,
  visit_id  INTEGER REFERENCES visit ON DELETE SET NULL, -- the visit is too old to be kept
  day_id    INTEGER NOT NULL REFERENCES service_day,
  number    INTEGER NOT NULL,            -- of the day: form F001
  title     TEXT NOT NULL,               -- empty once erased
  pages     TEXT NOT NULL,               -- in the form of page_ranges.py: 12-18, 25
  copies    INTEGER NOT NULL CHECK (copies > 0),
  sheets    INTEGER NOT NULL CHECK (sheets > 0), -- pages x copies
  made_on   TEXT NOT NULL CHECK (made_on IN ('kiosk', 'phone', 'desk')),
  state     TEXT NOT NULL CHECK (state IN ('asked', 'out', 'returned', 'dropped')),
  asked     TEXT NOT NULL,               -- stamps, from here
  went_out  TEXT,
  due       TEXT,                        -- when the book should be back, by the wall clock, UTC
  returned  TEXT,
  staff_id  INTEGER REFERENCES staff,    -- who handed the book out
  reason    TEXT CHECK (reason IN ('comes_back', 'owner_told', 'lost', 'other')), -- a visit closed without the book
  note      TEXT NOT NULL DEFAULT '',
  UNIQUE (day_id, number),
  CHECK ((state IN ('out', 'returned')) = (went_out IS NOT NULL)),
  CHECK ((went_out IS NULL) = (due IS NULL))
) STRICT;
CREATE INDEX photocopy_out ON photocopy (state) WHERE state IN ('asked', 'out');
CREATE INDEX photocopy_visit ON photocopy (visit_id);
-- A form that no officer has signed when its visitor goes comes to nothing.
CREATE TRIGGER photocopy_ends_with_its_visit AFTER UPDATE OF closed ON visit WHEN NEW.closed IS NOT NULL
BEGIN
  UPDATE photocopy SET state = 'dropped' WHERE visit_id = NEW.id AND state = 'asked';
END;

CREATE TABLE inquiry (                   -- for a consultation, or for a publication as a file
  id       INTEGER PRIMARY KEY,
  visit_id INTEGER REFERENCES visit ON DELETE SET NULL, -- likewise
  day_id   INTEGER NOT NULL REFERENCES service_day,
  kind     TEXT NOT NULL CHECK (kind IN ('consultation', 'softcopy')),
  wanted   TEXT NOT NULL,                -- in the visitor's words; empty once erased
  email    TEXT,                         -- NULL: that of the guest book
  made_on  TEXT NOT NULL CHECK (made_on IN ('kiosk', 'phone', 'desk')),
  state    TEXT NOT NULL CHECK (state IN ('open', 'done', 'dropped')),
  asked    TEXT NOT NULL,                -- stamps
  ended    TEXT,
  staff_id INTEGER REFERENCES staff,     -- who has sent or answered it
  took_s   INTEGER,                      -- asked -> ended; NULL where no clock can tell
  CHECK ((state = 'open') = (ended IS NULL))
) STRICT;
CREATE INDEX inquiry_open ON inquiry (state) WHERE state = 'open';
CREATE INDEX inquiry_visit ON inquiry (visit_id);
CREATE INDEX inquiry_day ON inquiry (day_id);

-- The photocopy form is a new kind of paper: the table is made anew, with its rows, since a CHECK cannot be changed.
CREATE TABLE print_job_new (
  id       INTEGER PRIMARY KEY,
  kind     TEXT NOT NULL CHECK (kind IN ('ticket', 'locker_slip', 'first_start', 'test', 'photocopy_form')),
  visit_id INTEGER REFERENCES visit,
  facts    TEXT NOT NULL,                -- JSON: what the paper says
  copy_of  INTEGER REFERENCES print_job_new,
  state    TEXT NOT NULL CHECK (state IN ('queued', 'printing', 'printed', 'unknown', 'failed')),
  problem  TEXT,                         -- code of the last error
  asked    TEXT NOT NULL,                -- stamp
  ended    TEXT
) STRICT;
INSERT INTO print_job_new SELECT id, kind, visit_id, facts, copy_of, state, problem, asked, ended FROM print_job ORDER BY id;
DROP TABLE print_job;
ALTER TABLE print_job_new RENAME TO print_job;
CREATE INDEX print_job_state ON print_job (state);
CREATE UNIQUE INDEX print_job_copy ON print_job (copy_of) WHERE copy_of IS NOT NULL;
CREATE INDEX print_job_visit ON print_job (visit_id);
