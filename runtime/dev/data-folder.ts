// The data folder of `plugbay dev`: inside the author's folder, but ignored by git.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Creates `<folder>/.plugbay` if missing; resolves with its path. */
export async function makeDataFolder(folder: string): Promise<string> {
  const data = join(folder, '.plugbay')
  await mkdir(data, { recursive: true, mode: 0o700 })
  await writeFile(join(data, '.gitignore'), '*\n', { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  return data
}
