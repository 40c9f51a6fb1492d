-- The survey of the nine service elements (SKM), and an index that reports walk along.
-- As a rating, a form is tied to nobody: no visit, no time, and a random key in place of a running number.

CREATE TABLE survey (
  id              TEXT PRIMARY KEY,
  date            TEXT NOT NULL,
  service         TEXT NOT NULL,
  requirements    INTEGER NOT NULL CHECK (requirements BETWEEN 1 AND 4),
  procedure       INTEGER NOT NULL CHECK (procedure BETWEEN 1 AND 4),
  completion_time INTEGER NOT NULL CHECK (completion_time BETWEEN 1 AND 4),
  fee             INTEGER NOT NULL CHECK (fee BETWEEN 1 AND 4),
  product         INTEGER NOT NULL CHECK (product BETWEEN 1 AND 4),
  competence      INTEGER NOT NULL CHECK (competence BETWEEN 1 AND 4),
  conduct         INTEGER NOT NULL CHECK (conduct BETWEEN 1 AND 4),
  complaints      INTEGER NOT NULL CHECK (complaints BETWEEN 1 AND 4),
  facilities      INTEGER NOT NULL CHECK (facilities BETWEEN 1 AND 4)
) STRICT, WITHOUT ROWID;
CREATE INDEX survey_date ON survey (date);
CREATE INDEX scan_unnumbered ON scan (day_id) WHERE visit_id IS NULL;

-- That a visit has answered is known while its day is open, and forgotten with it, as with ratings.
ALTER TABLE visit ADD COLUMN survey TEXT NOT NULL DEFAULT 'open' CHECK (survey IN ('open', 'given'));
