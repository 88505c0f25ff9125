// Where the files and their copies are: in memory, where the system has room for that, so that no disk is measured.

import { rmSync } from 'node:fs'
import { mkdtemp, readdir, stat, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MEMORY = '/dev/shm'
/** Linux: statfs(2). */
const TMPFS = 0x01021994
/** The files, a copy of them, and what is on its way. */
const COPIES = 3

/** A new folder. It does not outlive this process, as it may fill the memory. Says so when it is on a disk. */
export async function makePlace(bytes: number): Promise<string> {
  const memory = await statfs(MEMORY).catch(() => undefined) // Only Linux has it.
  const isRoomy = memory?.type === TMPFS && memory.bavail * memory.bsize > COPIES * bytes
  if (!isRoomy)
    console.log(`${MEMORY} is no tmpfs with room for ${COPIES} × ${bytes / 1e6} MB: measured in ${tmpdir()}`)
  const folder = await mkdtemp(join(isRoomy ? MEMORY : tmpdir(), 'plugbay-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** Of all files below. */
export async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
