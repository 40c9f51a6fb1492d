-- One visit, from the button to the goodbye.
-- A "stamp" is wall time, boot and monotonic time in one text (appliance/clock.py).

CREATE TABLE service_day (
  id     INTEGER PRIMARY KEY,
  date   TEXT NOT NULL UNIQUE,           -- local calendar day, 2026-11-23
  opened TEXT NOT NULL,                  -- stamp
  closed TEXT                            -- stamp
) STRICT;
CREATE UNIQUE INDEX one_open_day ON service_day ((1)) WHERE closed IS NULL;

CREATE TABLE staff (
  id       INTEGER PRIMARY KEY,
  login    TEXT NOT NULL UNIQUE COLLATE NOCASE,
  name     TEXT NOT NULL,
  role     TEXT NOT NULL CHECK (role IN ('officer', 'administrator')),
  password TEXT NOT NULL,                -- argon2id
  active   INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
  created  TEXT NOT NULL                 -- stamp
) STRICT;

CREATE TABLE staff_session (
  token_hash TEXT PRIMARY KEY,           -- SHA-256 of the cookie
  staff_id   INTEGER NOT NULL REFERENCES staff,
  place      TEXT NOT NULL,              -- the desk where the officer sits
  began      TEXT NOT NULL,              -- stamp
  seen       TEXT NOT NULL,              -- stamp, brought up to date at most once a minute
  focus      INTEGER REFERENCES visit    -- the visit that the officer has before them
) STRICT, WITHOUT ROWID;

CREATE TABLE visit (
  id         INTEGER PRIMARY KEY,
  request_id TEXT NOT NULL UNIQUE,       -- of the press: asking again gives the same visit
  token      TEXT UNIQUE,                -- the QR code's 128 bits; NULL when the service day is closed
  day_id     INTEGER NOT NULL REFERENCES service_day,
  source     TEXT NOT NULL CHECK (source IN ('button', 'kiosk', 'desk', 'api')),
  service    TEXT NOT NULL,
  priority   INTEGER NOT NULL CHECK (priority IN (0, 1)),
  language   TEXT NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('arrived', 'registered', 'in_service', 'reading',
                                            'checked_out', 'no_show', 'cancelled', 'closed_by_system')),
  place      TEXT,                       -- the desk that called or serves
  arrived    TEXT NOT NULL,              -- stamps, from here
  called     TEXT,
  registered TEXT,
  served     TEXT,
  finished   TEXT,
  closed     TEXT,
  wait_s     INTEGER,                    -- arrived -> called
  sla_s      INTEGER,                    -- the published clock -> service
  duration_s INTEGER,                    -- arrived -> closed, same service day only
  rating     TEXT NOT NULL DEFAULT 'open' CHECK (rating IN ('open', 'given', 'skipped')),
  needs_help INTEGER NOT NULL DEFAULT 0 CHECK (needs_help IN (0, 1)),
  reason     TEXT                        -- why it was closed, where that was not the usual way
) STRICT;
CREATE INDEX visit_open ON visit (day_id) WHERE closed IS NULL;
CREATE INDEX visit_day ON visit (day_id);

CREATE TABLE queue_counter (
  day_id INTEGER NOT NULL REFERENCES service_day,
  letter TEXT NOT NULL,
  last   INTEGER NOT NULL,
  PRIMARY KEY (day_id, letter)
) STRICT, WITHOUT ROWID;

CREATE TABLE ticket (
  visit_id INTEGER PRIMARY KEY REFERENCES visit,
  day_id   INTEGER NOT NULL REFERENCES service_day,
  letter   TEXT NOT NULL CHECK (length(letter) = 1),
  number   INTEGER NOT NULL CHECK (number BETWEEN 1 AND 999),
  queue    TEXT NOT NULL,                -- the service in whose line it stands
  state    TEXT NOT NULL CHECK (state IN ('waiting', 'called', 'held', 'serving', 'done',
                                          'no_show', 'cancelled', 'closed_by_system')),
  ahead    INTEGER NOT NULL,             -- people ahead when it was issued, as printed
  calls    INTEGER NOT NULL DEFAULT 0,
  UNIQUE (day_id, letter, number)
) STRICT;
CREATE INDEX ticket_line ON ticket (day_id, state);

CREATE TABLE call (                      -- what the board shows and the voice says
  id       INTEGER PRIMARY KEY,
  visit_id INTEGER NOT NULL REFERENCES visit,
  day_id   INTEGER NOT NULL REFERENCES service_day,
  kind     TEXT NOT NULL CHECK (kind IN ('call', 'recall', 'last_call')),
  number   TEXT NOT NULL,                -- P012
  queue    TEXT NOT NULL,
  priority INTEGER NOT NULL CHECK (priority IN (0, 1)),
  place    TEXT NOT NULL,
  staff_id INTEGER NOT NULL REFERENCES staff,
  at       TEXT NOT NULL,                -- stamp
  voice    TEXT NOT NULL DEFAULT 'queued' CHECK (voice IN ('queued', 'spoken', 'skipped'))
) STRICT;
CREATE INDEX call_day ON call (day_id);
CREATE INDEX call_queued ON call (voice) WHERE voice = 'queued';

CREATE TABLE consent (                   -- what the visitor was told and what they chose
  visit_id       INTEGER PRIMARY KEY REFERENCES visit,
  notice_version TEXT NOT NULL,
  notice_hash    TEXT NOT NULL,          -- SHA-256 of the very words shown
  language       TEXT NOT NULL,
  at             TEXT NOT NULL,          -- stamp
  optional       INTEGER NOT NULL CHECK (optional IN (0, 1)),
  contact        INTEGER NOT NULL CHECK (contact IN (0, 1))
) STRICT;

CREATE TABLE guest (                     -- identity: erased first
  visit_id    INTEGER PRIMARY KEY REFERENCES visit,
  name        TEXT NOT NULL,
  email       TEXT,
  phone       TEXT,
  institution TEXT NOT NULL,
  data_needed TEXT,
  entered_on  TEXT NOT NULL CHECK (entered_on IN ('kiosk', 'phone', 'desk'))
) STRICT;

CREATE TABLE guest_facts (               -- coded answers without identity
  visit_id             INTEGER PRIMARY KEY REFERENCES visit,
  sub_services         TEXT NOT NULL,    -- keys, separated by spaces
  sex                  INTEGER,
  birth_year           INTEGER,
  education            INTEGER,
  occupation           INTEGER,
  institution_category INTEGER,
  main_use             INTEGER,
  origin               TEXT
) STRICT;

CREATE TABLE deposit (                   -- a card kept here, a bag in a locker
  id        INTEGER PRIMARY KEY,
  visit_id  INTEGER NOT NULL REFERENCES visit,
  locker    TEXT,                        -- NULL: no bag, or kept by the officer
  pocket    INTEGER,                     -- NULL: no card kept
  id_type   TEXT,
  card_hash TEXT,                        -- under the key of the service day; NULL once closed
  day_id    INTEGER NOT NULL REFERENCES service_day,
  opened    TEXT NOT NULL,               -- stamp
  opened_by INTEGER NOT NULL REFERENCES staff,
  closed    TEXT,
  closed_by INTEGER REFERENCES staff,
  CHECK (closed IS NULL OR card_hash IS NULL),
  CHECK (locker IS NOT NULL OR pocket IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX deposit_locker ON deposit (locker) WHERE closed IS NULL;
CREATE UNIQUE INDEX deposit_pocket ON deposit (pocket) WHERE closed IS NULL;
CREATE UNIQUE INDEX deposit_card   ON deposit (card_hash) WHERE closed IS NULL;
CREATE UNIQUE INDEX deposit_visit  ON deposit (visit_id) WHERE closed IS NULL;

CREATE TABLE unlock (                    -- each opening of a door: who, why, when, what the door said
  id        INTEGER PRIMARY KEY,
  locker    TEXT NOT NULL,
  why       TEXT NOT NULL CHECK (why IN ('deposit', 'return', 'access', 'emergency', 'test')),
  reason    TEXT,                        -- in words, for an emergency
  visit_id  INTEGER REFERENCES visit,
  staff_id  INTEGER REFERENCES staff,    -- NULL: opened by the technician's command
  asked     TEXT NOT NULL,               -- stamp
  expires_s REAL NOT NULL,               -- seconds after `asked`; later it is never carried out
  state     TEXT NOT NULL CHECK (state IN ('asked', 'commanded', 'opened', 'no_contact', 'still_closed',
                                           'failed', 'expired', 'unknown')),
  ended     TEXT                         -- stamp
) STRICT;
CREATE INDEX unlock_state ON unlock (state);
CREATE INDEX unlock_locker ON unlock (locker);

CREATE TABLE locker_out_of_order (
  locker   TEXT PRIMARY KEY,
  reason   TEXT NOT NULL,
  staff_id INTEGER REFERENCES staff,
  since    TEXT NOT NULL                 -- stamp
) STRICT, WITHOUT ROWID;

CREATE TABLE rating (                    -- the random key keeps the order of arrival out of the file
  id      TEXT PRIMARY KEY,
  date    TEXT NOT NULL,
  service TEXT NOT NULL,
  score   INTEGER NOT NULL CHECK (score BETWEEN 1 AND 4),
  element INTEGER CHECK (element BETWEEN 1 AND 9)
) STRICT, WITHOUT ROWID;

CREATE TABLE print_job (
  id       INTEGER PRIMARY KEY,
  kind     TEXT NOT NULL CHECK (kind IN ('ticket', 'locker_slip', 'first_start', 'test')),
  visit_id INTEGER REFERENCES visit,
  facts    TEXT NOT NULL,                -- JSON: what the paper says
  copy_of  INTEGER REFERENCES print_job,
  state    TEXT NOT NULL CHECK (state IN ('queued', 'printing', 'printed', 'unknown', 'failed')),
  problem  TEXT,                         -- code of the last error
  asked    TEXT NOT NULL,                -- stamp
  ended    TEXT
) STRICT;
CREATE INDEX print_job_state ON print_job (state);
CREATE UNIQUE INDEX print_job_copy ON print_job (copy_of) WHERE copy_of IS NOT NULL;
CREATE INDEX print_job_visit ON print_job (visit_id);

CREATE TABLE journal (                   -- what happened, append-only; ids and kinds, never personal data
  seq      INTEGER PRIMARY KEY AUTOINCREMENT,
  at       TEXT NOT NULL,                -- stamp
  quality  TEXT NOT NULL,                -- of the wall clock at that time
  kind     TEXT NOT NULL,                -- ticket.issued
  visit_id INTEGER,
  staff_id INTEGER,
  facts    TEXT NOT NULL                 -- JSON
) STRICT;
CREATE INDEX journal_visit ON journal (visit_id) WHERE visit_id IS NOT NULL;
CREATE TRIGGER journal_keeps_what_happened BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
