// A store that a restore has left to take the place of this one: it is exchanged at a start, before anything has it open.
// Invariant: each step can be repeated, and the folder of the restore goes last: after a crash, the next start goes on where this one was.

import { access, chmod, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { flushFolder } from '../flush.ts'
import type { StorePaths } from '../store.ts'

const SHA256 = /^[0-9a-f]{64}$/

/** The folder `store` below `<data>/restore`: `store.sqlite`, and `artifacts` with those that it names. */
export async function applyPendingStore(
  paths: Pick<StorePaths, 'database' | 'artifacts' | 'restore'>,
): Promise<void> {
  const coming = join(paths.restore, 'store')
  if (!(await exists(coming))) return
  await takeArtifacts(join(coming, 'artifacts'), paths.artifacts)
  const database = join(coming, 'store.sqlite')
  if (await exists(database)) await exchange(database, paths.database)
  await rm(coming, { recursive: true, force: true })
}

async function takeArtifacts(from: string, to: string): Promise<void> {
  if (!(await exists(from))) return
  await mkdir(to, { recursive: true })
  for (const name of await readdir(from))
    if (SHA256.test(name) && !(await exists(join(to, name)))) await rename(join(from, name), join(to, name))
  await flushFolder(to)
}

/** The old one is kept beside the new one. */
async function exchange(coming: string, current: string): Promise<void> {
  if (await exists(current)) {
    endLog(current)
    await rename(current, current.replace(/\.db$/, '.before-restore.db'))
  }
  // They belong to the old database: SQLite would apply them to the new one.
  for (const end of ['-wal', '-shm', '-journal']) await rm(`${current}${end}`, { force: true })
  await chmod(coming, 0o600)
  await rename(coming, current)
  await flushFolder(join(current, '..'))
}

/** Moves what is in the log into the database. One that is damaged may be the reason for the restore. */
function endLog(path: string): void {
  let database: SqliteDatabase.Database | undefined
  try {
    database = new SqliteDatabase(path, { timeout: 5000 })
    database.pragma('wal_checkpoint(TRUNCATE)')
  } catch {
    // It is kept as it is.
  } finally {
    database?.close()
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
