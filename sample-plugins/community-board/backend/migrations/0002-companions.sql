CREATE TABLE companions (
  notice_id INTEGER NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
  member TEXT NOT NULL,
  PRIMARY KEY (notice_id, member)
) STRICT, WITHOUT ROWID;
