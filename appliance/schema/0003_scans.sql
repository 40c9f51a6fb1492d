-- Who scans and how many pages: never what (appliance/scans.py). The pages themselves are in the session's folder.

CREATE TABLE scan (
  id        INTEGER PRIMARY KEY,
  visit_id  INTEGER REFERENCES visit,    -- NULL: begun by touch, without a number
  day_id    INTEGER NOT NULL REFERENCES service_day,
  folder    TEXT NOT NULL UNIQUE,        -- random; its name under `scans/`
  opened_by TEXT NOT NULL CHECK (opened_by IN ('ticket', 'touch', 'desk')),
  language  TEXT NOT NULL,
  book      TEXT CHECK (book IN ('bps', 'other')),   -- NULL: the notice is not accepted yet
  state     TEXT NOT NULL CHECK (state IN ('open', 'finished', 'left', 'erased')),
  began     TEXT NOT NULL,               -- stamps, from here
  accepted  TEXT,
  seen      TEXT NOT NULL,               -- the last touch, or the last page
  finished  TEXT,
  erased    TEXT,
  why       TEXT CHECK (why IN ('visitor', 'cancelled', 'checkout', 'idle', 'time_limit', 'day_end')),
  pages     INTEGER NOT NULL DEFAULT 0,  -- of the finished PDF
  bytes     INTEGER NOT NULL DEFAULT 0,
  link_hash TEXT UNIQUE,                 -- SHA-256 of the download's 128 bits; NULL: there is none (any more)
  linked    TEXT,                        -- stamp of the link
  downloads INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX scan_at_the_station ON scan ((1)) WHERE state IN ('open', 'finished');
CREATE INDEX scan_kept ON scan (state) WHERE state != 'erased';
