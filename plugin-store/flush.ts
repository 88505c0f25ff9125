// Flushes files and names to disk: what was written before is there after a power cut.

import { open } from 'node:fs/promises'

/** @throws what the file system says */
export async function flush(file: string): Promise<void> {
  // Windows flushes only files that are open for writing; elsewhere a read-only file can be flushed too.
  await flushOpened(file, process.platform === 'win32' ? 'r+' : 'r')
}

/** Flushes the names in a folder. */
export async function flushFolder(folder: string): Promise<void> {
  // Windows cannot flush a folder: its journal keeps the order of names.
  if (process.platform !== 'win32') await flushOpened(folder, 'r')
}

/** Writes a file and flushes it; its name is flushed by `flushFolder`. */
export async function writeFlushed(
  file: string,
  content: Uint8Array | string,
  { flags, mode }: { readonly flags: 'w' | 'wx'; readonly mode: number },
): Promise<void> {
  const handle = await open(file, flags, mode)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function flushOpened(path: string, flags: 'r' | 'r+'): Promise<void> {
  const handle = await open(path, flags)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
