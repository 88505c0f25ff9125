// Puts an unpacked part in the place of the data.
// Invariant: at any instant the data is the old as a whole or the new; host-data.ts completes or undoes what a crash interrupts.

import { renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import type { AppliedPart } from '../../host/host-data-call.ts'
import { DataError } from '../data-error.ts'
import { flushFolder } from './unpack.ts'

/** All pages in one step: SQLite writes them in one transaction, which a crash undoes. */
const ALL_PAGES = 2_147_483_647

export async function apply(part: AppliedPart): Promise<void> {
  if (part.kind === 'folder') exchange(part)
  else await overwrite(part)
}

function exchange({ name, path, from, old }: Extract<AppliedPart, { kind: 'folder' }>): void {
  rmSync(old, { recursive: true, force: true })
  const hadOne = moveAway(path, old, name)
  try {
    renameSync(from, path)
  } catch (error) {
    if (hadOne) renameSync(old, path)
    throw error
  }
  flushFolder(dirname(path))
  rmSync(old, { recursive: true, force: true })
}

/** @returns whether there was one */
function moveAway(path: string, old: string, name: string): boolean {
  try {
    renameSync(path, old)
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'ENOENT') return false
    throw new DataError(
      'STATE_CONFLICT',
      `The folder of the data "${name}" cannot be replaced (${code})`,
      error,
    )
  }
}

/** The application may have it open: SQLite gives it the new content between two of its transactions. */
async function overwrite({ path, from }: Extract<AppliedPart, { kind: 'database' }>): Promise<void> {
  const source = new DatabaseSync(from, { defensive: true, limits: { attach: 0 } })
  try {
    await backup(source, path, { rate: ALL_PAGES })
  } finally {
    source.close()
  }
}
