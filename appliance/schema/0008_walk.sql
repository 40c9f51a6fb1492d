-- The walk test: what came of trying each locker with somebody in front of it. One row a locker, the newest.

CREATE TABLE locker_test (
  locker    TEXT PRIMARY KEY,
  wiring    TEXT NOT NULL,               -- where it was connected: another place has to be tried anew
  unlock_id INTEGER NOT NULL,            -- the opening that was judged; its row may be erased before this one
  result    TEXT NOT NULL CHECK (result IN ('passed', 'other_door', 'nothing', 'contact_wrong')),
  seen      TEXT NOT NULL CHECK (seen IN ('contact', 'eye')), -- who else says that it passed or failed
  staff_id  INTEGER NOT NULL REFERENCES staff,
  at        TEXT NOT NULL                -- stamp
) STRICT, WITHOUT ROWID;
