// Flushes to disk what a snapshot process has written: that process may not (Node's permission model).

import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Flushes the files of a folder with everything in it, and then their names. */
export async function flushTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    await (entry.isDirectory() ? flushTree(path) : flush(path))
  }
  await flush(folder)
}

export async function flush(path: string): Promise<void> {
  // Windows flushes only files that are open for writing, and no folders at all.
  const isWindows = process.platform === 'win32'
  const handle = await open(path, isWindows ? 'r+' : 'r').catch((error: NodeJS.ErrnoException) => {
    if (isWindows && error.code === 'EISDIR') return undefined
    throw error
  })
  try {
    await handle?.sync()
  } finally {
    await handle?.close()
  }
}
