// Allows one runtime per data folder.
// Invariant: the operating system holds the lock, so a killed runtime leaves none behind; the file that names the holder serves
// the error message only.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { holdExclusively } from './database/exclusive-hold.ts'
import { StoreError, toStoreError } from './store-error.ts'

export interface FolderLock {
  /** Idempotent. */
  release(): void
}

/**
 * Locks the data folder for this process.
 * @param folder absolute path of an existing folder
 * @throws StoreError STORE_LOCKED when another runtime holds it; STORE_FULL or INTERNAL when it cannot be written
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const holderFile = join(folder, 'lock-holder.json')
  let release: (() => void) | undefined
  try {
    release = holdExclusively(join(folder, 'lock.db'))
  } catch (error) {
    throw toStoreError(error, `Cannot lock the data folder "${folder}"`)
  }
  if (release === undefined)
    throw new StoreError(
      'STORE_LOCKED',
      `Data folder "${folder}" is in use by ${await describeHolder(holderFile)}`,
    )
  try {
    await writeFile(
      holderFile,
      `${JSON.stringify({ pid: process.pid, since: new Date().toISOString() })}\n`,
      { mode: 0o600 },
    )
  } catch (error) {
    release()
    throw toStoreError(error, `Cannot write to the data folder "${folder}"`)
  }
  return { release }
}

async function describeHolder(holderFile: string): Promise<string> {
  try {
    const holder: unknown = JSON.parse(await readFile(holderFile, 'utf8'))
    if (typeof holder === 'object' && holder !== null && 'pid' in holder && 'since' in holder) {
      return `process ${String(holder.pid)} since ${String(holder.since)}`
    }
  } catch {
    // The holder has not written its name yet, or cannot. It holds the lock all the same.
  }
  return 'another process'
}
