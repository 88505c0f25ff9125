// Flushes to disk what a snapshot process has written: that process may not (Node's permission model).

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { flush, flushFolder } from '../../../plugin-store/flush.ts'

/** Flushes the files of a folder with everything in it, and then their names. */
export async function flushTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    await (entry.isDirectory() ? flushTree(path) : flush(path))
  }
  await flushFolder(folder)
}
