// Second version of the database: series of books, and the media folders with their files.

import type { DatabaseSync } from 'node:sqlite'

const SCHEMA = `
  CREATE TABLE series (id INTEGER PRIMARY KEY, title TEXT NOT NULL) STRICT;
  ALTER TABLE books ADD COLUMN series_id INTEGER REFERENCES series (id);
  CREATE TABLE media_folders (
    address TEXT PRIMARY KEY,
    seen INTEGER NOT NULL DEFAULT 1
  ) STRICT;
  CREATE TABLE media_files (
    id INTEGER PRIMARY KEY,
    folder TEXT NOT NULL REFERENCES media_folders (address) ON DELETE CASCADE,
    name TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    seen INTEGER NOT NULL DEFAULT 1,
    UNIQUE (folder, name)
  ) STRICT;
`

const SERIES: Readonly<Record<string, readonly string[]>> = {
  Fables: ['Aesop’s Fables', 'Fables', 'كليلة ودمنة'],
  'From point to space': ['The Elements', 'Éléments de géométrie', 'Flatland'],
  Voyages: ['Treasure Island', 'Vingt mille lieues sous les mers', 'رحلة ابن بطوطة'],
}

export function addMediaTables(database: DatabaseSync): void {
  database.exec(SCHEMA)
  const add = database.prepare('INSERT INTO series (title) VALUES (?)')
  const put = database.prepare('UPDATE books SET series_id = ? WHERE title = ?')
  for (const [title, books] of Object.entries(SERIES)) {
    const { lastInsertRowid } = add.run(title)
    for (const book of books) put.run(lastInsertRowid, book)
  }
}
