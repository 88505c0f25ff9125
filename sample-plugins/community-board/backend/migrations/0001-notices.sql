CREATE TABLE notices (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL CHECK (length(text) BETWEEN 1 AND 280),
  -- NULL: the library itself, which says that the book of that title is back.
  author TEXT,
  book_id INTEGER,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX notices_by_book ON notices (book_id, created_at);
-- An event may arrive twice; the notice on it is written once.
CREATE UNIQUE INDEX returns_once ON notices (book_id, created_at) WHERE author IS NULL;
