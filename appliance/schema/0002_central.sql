-- What is sent to the central server, and how far it has come (docs/central.md, decision 0013).
-- Triggers mark a record as changed, whoever changes it; before COMMIT, appliance/outbox.py makes the snapshot.

-- How visits go on: counted while the visitor scans and copies.
ALTER TABLE visit ADD COLUMN pages_scanned INTEGER NOT NULL DEFAULT 0 CHECK (pages_scanned >= 0);
ALTER TABLE visit ADD COLUMN pages_photocopied INTEGER NOT NULL DEFAULT 0 CHECK (pages_photocopied >= 0);

-- Deposits lose their visit in time; that there was one is kept without them.
ALTER TABLE visit ADD COLUMN locker_used INTEGER NOT NULL DEFAULT 0 CHECK (locker_used IN (0, 1));
ALTER TABLE visit ADD COLUMN id_deposited INTEGER NOT NULL DEFAULT 0 CHECK (id_deposited IN (0, 1));
UPDATE visit SET
  locker_used = EXISTS (SELECT 1 FROM deposit WHERE visit_id = visit.id AND locker IS NOT NULL),
  id_deposited = EXISTS (SELECT 1 FROM deposit WHERE visit_id = visit.id AND pocket IS NOT NULL)
WHERE id IN (SELECT visit_id FROM deposit);
CREATE TRIGGER deposit_is_of_its_visit AFTER INSERT ON deposit
BEGIN
  UPDATE visit SET
    locker_used = locker_used OR NEW.locker IS NOT NULL,
    id_deposited = id_deposited OR NEW.pocket IS NOT NULL
  WHERE id = NEW.visit_id;
END;

-- Birth years are erased with the name; the band (answers.toml) stays.
ALTER TABLE guest_facts ADD COLUMN age_band TEXT;

CREATE TABLE device (                    -- one row: this front desk, as the central server knows it
  uuid   TEXT NOT NULL DEFAULT (
    lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2)
    || '-' || substr('89ab', 1 + (random() & 3), 1) || substr(lower(hex(randomblob(2))), 2)
    || '-' || lower(hex(randomblob(6)))),
  stored TEXT                            -- stamp: when the server last said that something is stored
) STRICT;
INSERT INTO device DEFAULT VALUES;

CREATE TABLE outbox (                    -- one row a record, however often it changes
  id        INTEGER PRIMARY KEY,
  record_id TEXT NOT NULL UNIQUE DEFAULT (
    lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2)
    || '-' || substr('89ab', 1 + (random() & 3), 1) || substr(lower(hex(randomblob(2))), 2)
    || '-' || lower(hex(randomblob(6)))),
  kind      TEXT NOT NULL CHECK (kind IN ('visit', 'rating', 'guest')),
  visit_id  INTEGER,                     -- of a visit or a guest; a rating has none
  rating_id TEXT,
  changed   INTEGER CHECK (changed IN (1, 2)), -- a snapshot is needed: 1 before COMMIT, 2 when there is time
  revision  INTEGER NOT NULL DEFAULT 0,  -- of the last snapshot; 0: there was none yet
  digest    TEXT,                        -- of the last snapshot's data, so that nothing is sent for no change
  state     TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'due', 'parked', 'stored')),
  sequence  INTEGER,                     -- last row of the journal when the snapshot was made
  at        TEXT,                        -- stamp of the snapshot
  event     TEXT,                        -- the snapshot as it is sent; gone once it is stored there
  tries     INTEGER NOT NULL DEFAULT 0,  -- rejections
  reason    TEXT,                        -- of the last rejection: a word of the contract
  detail    TEXT,
  CHECK ((visit_id IS NULL) != (rating_id IS NULL)),
  CHECK (event IS NULL OR state IN ('due', 'parked'))
) STRICT;
CREATE UNIQUE INDEX outbox_visit ON outbox (visit_id, kind) WHERE visit_id IS NOT NULL;
CREATE UNIQUE INDEX outbox_rating ON outbox (rating_id) WHERE rating_id IS NOT NULL;
CREATE INDEX outbox_changed ON outbox (changed) WHERE changed IS NOT NULL;
CREATE INDEX outbox_due ON outbox (sequence, id) WHERE state = 'due';
CREATE INDEX outbox_parked ON outbox (id) WHERE state = 'parked';
CREATE INDEX rating_date ON rating (date);

-- ------------------------------------------------------------------------------------------ visits

CREATE TRIGGER closed_visit_has_changed
AFTER UPDATE OF state, closed, service, priority, wait_s, sla_s, duration_s, pages_scanned, pages_photocopied,
                locker_used, id_deposited ON visit
WHEN NEW.closed IS NOT NULL
BEGIN
  INSERT INTO outbox (kind, visit_id, changed) SELECT 'visit', NEW.id, 1
    WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE visit_id = NEW.id AND kind = 'visit');
  UPDATE outbox SET changed = 1 WHERE visit_id = NEW.id AND kind = 'visit';
END;
CREATE TRIGGER visit_facts_are_new AFTER INSERT ON guest_facts
BEGIN
  UPDATE outbox SET changed = 1 WHERE visit_id = NEW.visit_id AND kind = 'visit';
END;
-- Not of birth_year: the eraser takes thousands of them at once, and the record has the band.
CREATE TRIGGER visit_facts_have_changed
AFTER UPDATE OF sub_services, sex, education, occupation, institution_category, main_use, origin, age_band
ON guest_facts
BEGIN
  UPDATE outbox SET changed = 1 WHERE visit_id = NEW.visit_id AND kind = 'visit';
END;
CREATE TRIGGER visit_facts_are_gone AFTER DELETE ON guest_facts
BEGIN
  UPDATE outbox SET changed = 1 WHERE visit_id = OLD.visit_id AND kind = 'visit';
END;

-- ------------------------------------------------------------------------------------------ guests
-- Whether identity is sent at all is the office's choice, which outbox.py looks at.

CREATE TRIGGER guest_leaves AFTER UPDATE OF closed ON visit WHEN NEW.closed IS NOT NULL
BEGIN
  INSERT INTO outbox (kind, visit_id, changed) SELECT 'guest', NEW.id, 1
    WHERE EXISTS (SELECT 1 FROM guest WHERE visit_id = NEW.id)
    AND NOT EXISTS (SELECT 1 FROM outbox WHERE visit_id = NEW.id AND kind = 'guest');
END;
CREATE TRIGGER guest_has_changed AFTER UPDATE ON guest
BEGIN
  UPDATE outbox SET changed = 1 WHERE visit_id = NEW.visit_id AND kind = 'guest';
END;
CREATE TRIGGER guest_is_erased AFTER DELETE ON guest
BEGIN
  UPDATE outbox SET changed = 1 WHERE visit_id = OLD.visit_id AND kind = 'guest';
END;

-- ------------------------------------------------------------------------------------------ ratings
-- All of a day at once when the day is closed, in the order of their random keys.

CREATE TRIGGER ratings_of_the_day AFTER UPDATE OF closed ON service_day WHEN NEW.closed IS NOT NULL
BEGIN
  INSERT INTO outbox (kind, rating_id, changed) SELECT 'rating', id, 1 FROM rating
    WHERE date = NEW.date AND NOT EXISTS (SELECT 1 FROM outbox WHERE rating_id = rating.id) ORDER BY id;
END;
CREATE TRIGGER rating_has_changed AFTER UPDATE ON rating
BEGIN
  UPDATE outbox SET changed = 1 WHERE rating_id = NEW.id;
END;

-- ------------------------------------------------------------------------------------------ what is gone
-- A visit or rating that is too old to be kept takes its row here along, once the server has it.

CREATE TRIGGER visit_is_gone AFTER DELETE ON visit
BEGIN
  DELETE FROM outbox WHERE visit_id = OLD.id AND state IN ('new', 'stored') AND kind = 'visit';
END;
CREATE TRIGGER rating_is_gone AFTER DELETE ON rating
BEGIN
  DELETE FROM outbox WHERE rating_id = OLD.id AND state IN ('new', 'stored');
END;

-- ------------------------------------------------------------------------------------------ what was before

UPDATE guest_facts SET age_band = (
  SELECT CASE
    WHEN age < 0 OR age > 125 THEN NULL
    WHEN age <= 16 THEN 'under_17' WHEN age <= 25 THEN '17_25' WHEN age <= 34 THEN '26_34'
    WHEN age <= 44 THEN '35_44' WHEN age <= 54 THEN '45_54' WHEN age <= 65 THEN '55_65' ELSE 'over_65' END
  FROM (SELECT CAST(substr(service_day.date, 1, 4) AS INTEGER) - guest_facts.birth_year AS age
        FROM visit JOIN service_day ON service_day.id = visit.day_id WHERE visit.id = guest_facts.visit_id))
WHERE birth_year IS NOT NULL;
INSERT INTO outbox (kind, visit_id, changed)
  SELECT 'visit', id, 2 FROM visit WHERE closed IS NOT NULL ORDER BY id;
INSERT INTO outbox (kind, rating_id, changed)
  SELECT 'rating', rating.id, 2 FROM rating JOIN service_day USING (date) WHERE closed IS NOT NULL ORDER BY rating.id;
