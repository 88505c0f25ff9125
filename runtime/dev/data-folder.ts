// The data folder of `plugbay dev`: inside the author's folder, but ignored by git.

import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lockFolder } from '../../plugin-store/folder-lock.ts'

/** Removes the folder, unless a `dev` is running there. Throws STORE_LOCKED. */
export async function resetDataFolder(folder: string): Promise<void> {
  const data = join(folder, '.plugbay')
  if (!existsSync(data)) return
  const lock = await lockFolder(data)
  lock.release()
  await rm(data, { recursive: true, force: true })
}

/** Creates `<folder>/.plugbay` if missing; resolves with its path. */
export async function makeDataFolder(folder: string): Promise<string> {
  const data = join(folder, '.plugbay')
  await mkdir(data, { recursive: true, mode: 0o700 })
  await writeFile(join(data, '.gitignore'), '*\n', { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  return data
}
