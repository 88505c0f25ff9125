CREATE TABLE opened (
  book_id INTEGER NOT NULL,
  title TEXT NOT NULL,
  day TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (book_id, day)
) STRICT;
