// The folder that `plugbay dev` keeps its data in: inside the author's, and out of his commits.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Makes `<folder>/.plugbay` where it is missing; resolves with its path. */
export async function makeDataFolder(folder: string): Promise<string> {
  const data = join(folder, '.plugbay')
  await mkdir(data, { recursive: true, mode: 0o700 })
  await writeFile(join(data, '.gitignore'), '*\n', { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  return data
}
