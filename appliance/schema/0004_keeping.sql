-- Keeping: what is erased when, what stays as numbers, and what a restored database has to tell.

CREATE TABLE retention_run (             -- each run of the eraser: when, which class, how many; never what
  id     INTEGER PRIMARY KEY,
  at     TEXT NOT NULL,                  -- stamp
  date   TEXT NOT NULL,                  -- local calendar day of the run
  class  TEXT NOT NULL,                  -- appliance/keeping/retention.py
  before TEXT NOT NULL,                  -- of service days before this date
  count  INTEGER NOT NULL
) STRICT;
CREATE INDEX retention_run_date ON retention_run (date);

CREATE TABLE guest_erased (              -- whose identity was erased by hand: copies made before forget it too
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  request_id TEXT NOT NULL UNIQUE,       -- of the visit; says nothing about anybody
  day_id     INTEGER NOT NULL REFERENCES service_day
) STRICT;

CREATE TABLE day_total (                 -- what stays of visits that are erased: counts by day and service
  date    TEXT NOT NULL,
  service TEXT NOT NULL,                 -- '' for what belongs to no service
  measure TEXT NOT NULL,                 -- visits, state, sla, sex, ... (docs/privacy.md)
  value   TEXT NOT NULL,                 -- '' where the measure has no values
  count   INTEGER NOT NULL,
  PRIMARY KEY (date, service, measure, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE rescue (                    -- each time that the database was replaced or had lost something
  id       INTEGER PRIMARY KEY,
  at       TEXT NOT NULL,                -- stamp
  why      TEXT NOT NULL CHECK (why IN ('damaged', 'missing', 'tail_lost', 'by_hand')),
  copy     TEXT,                         -- the copy that was put back; NULL: nothing was, or none was there
  made     TEXT,                         -- when that copy was made, UTC
  aside    TEXT,                         -- where the old files are, in the data folder
  lockers  TEXT,                         -- those taken out of use until somebody has looked; NULL: not yet done
  seen     TEXT,                         -- stamp: an administrator has compared; until then a banner says it
  seen_by  INTEGER REFERENCES staff
) STRICT;

-- A kept card or bag outlives its link to the visit.
CREATE TABLE deposit_kept (
  id        INTEGER PRIMARY KEY,
  visit_id  INTEGER REFERENCES visit,    -- NULL once the retention of deposits is over
  locker    TEXT,                        -- NULL: no bag, or kept by the officer
  pocket    INTEGER,                     -- NULL: no card kept
  id_type   TEXT,
  card_hash TEXT,                        -- under the key of the service day; NULL once closed
  day_id    INTEGER NOT NULL REFERENCES service_day,
  opened    TEXT NOT NULL,               -- stamp; of the day's opening once the retention is over
  opened_by INTEGER NOT NULL REFERENCES staff,
  closed    TEXT,
  closed_by INTEGER REFERENCES staff,
  CHECK (closed IS NULL OR card_hash IS NULL),
  CHECK (closed IS NOT NULL OR visit_id IS NOT NULL),
  CHECK (locker IS NOT NULL OR pocket IS NOT NULL)
) STRICT;
INSERT INTO deposit_kept SELECT id, visit_id, locker, pocket, id_type, card_hash, day_id, opened, opened_by, closed, closed_by
  FROM deposit;
DROP TABLE deposit;
ALTER TABLE deposit_kept RENAME TO deposit;
CREATE UNIQUE INDEX deposit_locker ON deposit (locker) WHERE closed IS NULL;
CREATE UNIQUE INDEX deposit_pocket ON deposit (pocket) WHERE closed IS NULL;
CREATE UNIQUE INDEX deposit_card   ON deposit (card_hash) WHERE closed IS NULL;
CREATE UNIQUE INDEX deposit_visit  ON deposit (visit_id) WHERE closed IS NULL;
CREATE INDEX deposit_day ON deposit (day_id);
CREATE TRIGGER deposit_is_of_its_visit AFTER INSERT ON deposit -- as in 0002, which the old table took along
BEGIN
  UPDATE visit SET
    locker_used = locker_used OR NEW.locker IS NOT NULL,
    id_deposited = id_deposited OR NEW.pocket IS NOT NULL
  WHERE id = NEW.visit_id;
END;

-- A consent is kept longer than the visit whose data it covers.
CREATE TABLE consent_kept (
  visit_id       INTEGER PRIMARY KEY,
  day_id         INTEGER NOT NULL REFERENCES service_day,
  notice_version TEXT NOT NULL,
  notice_hash    TEXT NOT NULL,          -- SHA-256 of the very words shown
  language       TEXT NOT NULL,
  at             TEXT NOT NULL,          -- stamp
  optional       INTEGER NOT NULL CHECK (optional IN (0, 1)),
  contact        INTEGER NOT NULL CHECK (contact IN (0, 1))
) STRICT;
INSERT INTO consent_kept SELECT visit_id, day_id, notice_version, notice_hash, consent.language, at, optional, contact
  FROM consent JOIN visit ON visit.id = consent.visit_id;
DROP TABLE consent;
ALTER TABLE consent_kept RENAME TO consent;
CREATE INDEX consent_day ON consent (day_id);

-- The journal stays append-only but for two things that only the eraser does: the link of a deposit or an
-- opening to its visit is taken away, and rows below the mark are dropped from the old end.
CREATE TABLE journal_mark (
  one       INTEGER PRIMARY KEY CHECK (one = 1),
  kept_from INTEGER NOT NULL             -- rows before this number may be dropped
) STRICT;
INSERT INTO journal_mark VALUES (1, 0);
CREATE TRIGGER journal_mark_only_rises BEFORE UPDATE ON journal_mark WHEN NEW.kept_from < OLD.kept_from
BEGIN SELECT RAISE(ABORT, 'the mark of the journal only rises'); END;

DROP TRIGGER journal_keeps_what_happened;
CREATE TRIGGER journal_keeps_what_happened BEFORE UPDATE ON journal
WHEN NOT (NEW.visit_id IS NULL AND (OLD.kind GLOB 'deposit.*' OR OLD.kind GLOB 'unlock.*')
          AND NEW.seq = OLD.seq AND NEW.at = OLD.at AND NEW.quality = OLD.quality AND NEW.kind = OLD.kind
          AND NEW.staff_id IS OLD.staff_id AND NEW.facts = OLD.facts)
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_keeps_its_rows BEFORE DELETE ON journal
WHEN OLD.seq >= (SELECT kept_from FROM journal_mark)
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE INDEX journal_days ON journal (seq) WHERE kind = 'day.opened';

-- A database that is put back from a copy knows less than the central server. So that a visit is the same record
-- there, whichever database tells of it, its record's id is given with the visit, that of a rating by its key; and
-- the revisions of what is told after a restore are above those of before (appliance/keeping/rescue.py raises the rest).
ALTER TABLE visit ADD COLUMN record_id TEXT;
UPDATE visit SET record_id = (SELECT record_id FROM outbox WHERE visit_id = visit.id AND kind = 'visit');
CREATE TRIGGER visit_has_a_record AFTER INSERT ON visit
BEGIN
  UPDATE visit SET record_id =
    lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2)
    || '-' || substr('89ab', 1 + (random() & 3), 1) || substr(lower(hex(randomblob(2))), 2)
    || '-' || lower(hex(randomblob(6)))
  WHERE id = NEW.id;
END;
CREATE TRIGGER outbox_has_the_record_of_its_visit AFTER INSERT ON outbox WHEN NEW.kind = 'visit'
BEGIN
  UPDATE outbox SET
    record_id = coalesce((SELECT record_id FROM visit WHERE id = NEW.visit_id), record_id),
    revision = 1000 * (SELECT count(*) FROM rescue)
  WHERE id = NEW.id;
END;
CREATE TRIGGER outbox_has_the_record_of_its_rating AFTER INSERT ON outbox
WHEN NEW.kind = 'rating' AND length(NEW.rating_id) = 32
BEGIN
  UPDATE outbox SET
    record_id = substr(NEW.rating_id, 1, 8) || '-' || substr(NEW.rating_id, 9, 4) || '-4'
      || substr(NEW.rating_id, 14, 3) || '-a' || substr(NEW.rating_id, 18, 3) || '-' || substr(NEW.rating_id, 21, 12),
    revision = 1000 * (SELECT count(*) FROM rescue)
  WHERE id = NEW.id;
END;
