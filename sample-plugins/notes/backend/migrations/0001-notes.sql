CREATE TABLE note (
  id TEXT PRIMARY KEY,
  text TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

CREATE INDEX note_by_time ON note (created_at);

CREATE TABLE note_tag (
  note_id TEXT NOT NULL REFERENCES note ON DELETE CASCADE,
  tag TEXT NOT NULL,
  PRIMARY KEY (note_id, tag)
) STRICT, WITHOUT ROWID;
