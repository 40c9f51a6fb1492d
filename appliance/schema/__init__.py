"""The database's shape, one file a step; `PRAGMA user_version` says how many were taken."""
