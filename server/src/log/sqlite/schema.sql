-- Times are milliseconds since 1970; ids are the sixteen bytes of a UUID; secrets are SHA-256.

CREATE TABLE room (
  id            BLOB PRIMARY KEY,
  epoch         INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  last          INTEGER NOT NULL,  -- number of the last entry, 0 when none
  trimmed       INTEGER NOT NULL,  -- entries up to this one are gone
  snapshot_upto INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshot (
  room  BLOB PRIMARY KEY REFERENCES room (id),
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE entry (
  room     BLOB NOT NULL REFERENCES room (id),
  sequence INTEGER NOT NULL,
  key      BLOB NOT NULL,
  kind     TEXT NOT NULL,          -- update, event
  writer   BLOB,
  at       INTEGER NOT NULL,
  bytes    BLOB NOT NULL,
  PRIMARY KEY (room, sequence)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX entry_key ON entry (room, key);

CREATE TABLE round (
  room BLOB NOT NULL REFERENCES room (id),
  id   BLOB NOT NULL,
  open INTEGER NOT NULL,           -- 1 while responses are taken
  PRIMARY KEY (room, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE response (
  room        BLOB NOT NULL,
  round       BLOB NOT NULL,
  participant BLOB NOT NULL,
  revision    INTEGER NOT NULL,
  body        BLOB NOT NULL,
  PRIMARY KEY (room, round, participant),
  FOREIGN KEY (room, round) REFERENCES round (room, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE invitation (
  secret BLOB PRIMARY KEY,
  room   BLOB NOT NULL,
  role   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE join_code (
  code       TEXT PRIMARY KEY,
  room       BLOB NOT NULL UNIQUE,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE membership (
  device      BLOB NOT NULL,
  room        BLOB NOT NULL,
  participant BLOB NOT NULL,
  role        TEXT NOT NULL,
  PRIMARY KEY (device, room)
) STRICT, WITHOUT ROWID;

CREATE INDEX membership_participant ON membership (room, participant);

CREATE TABLE ticket (
  secret      BLOB PRIMARY KEY,
  room        BLOB NOT NULL,
  participant BLOB NOT NULL,
  expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Written and emptied by the readiness check.
CREATE TABLE probe (bytes BLOB NOT NULL) STRICT;
