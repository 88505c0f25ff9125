// The migrations in an artifact: the SQL files of backend/migrations, sorted by name.
// Invariant: a checksum is that of the author's bytes; whether other bytes are the same text is for the data process to say.

import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isMigration, MIGRATIONS_FOLDER, migrationName } from '../../sdk/manifest/layout.ts'
import { parseContentIndex } from './artifact-index.ts'
import { CONTENT_BYTES, CONTENT_INDEX } from './format/artifact-format.ts'

export interface MigrationFile {
  /** Path below `backend/migrations/`. */
  readonly name: string
  /** Hex SHA-256. */
  readonly checksum: string
  readonly sql: string
}

/** Reads them from an artifact's folder. Rejects with INTERNAL when it is damaged, or with the error of the file system. */
export async function readMigrations(folder: string): Promise<readonly MigrationFile[]> {
  const bytes = await open(join(folder, CONTENT_BYTES), 'r')
  try {
    const index = await readFile(join(folder, CONTENT_INDEX), 'utf8')
    const { entries } = parseContentIndex(index, (await bytes.stat()).size)
    const found = entries
      .filter(({ path }) => isMigration(path))
      .toSorted((a, b) => (migrationName(a.path) < migrationName(b.path) ? -1 : 1))
    return await Promise.all(
      found.map(async ({ path, offset, size, sha256 }) => {
        const { buffer } = await bytes.read(Buffer.alloc(size), 0, size, offset)
        return {
          name: path.slice(MIGRATIONS_FOLDER.length),
          checksum: sha256,
          sql: new TextDecoder().decode(buffer),
        }
      }),
    )
  } finally {
    await bytes.close()
  }
}
