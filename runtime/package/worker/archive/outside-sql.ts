// SQL files of a project that do not belong to the package of its plugin: tools write migrations into folders of their own.

import { opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { isLeftBehind } from '../../format/left-behind.ts'
import type { PackageMembers } from './package-members.ts'

/** Drizzle and Prisma write them three folders deep. */
const MAX_DEPTH = 4
const MAX_FOLDERS = 200

/** Their paths in the folder, as far as a short walk finds them. */
export async function outsideSql(root: string, members: PackageMembers): Promise<readonly string[]> {
  const found: string[] = []
  const folders = ['']
  for (let count = 0; count < MAX_FOLDERS; count++) {
    const folder = folders.shift()
    if (folder === undefined) break
    try {
      for await (const entry of await opendir(join(root, folder))) {
        const path = (folder === '' ? entry.name : `${folder}/${entry.name}`).normalize('NFC')
        if (isLeftBehind(path) || entry.name === 'node_modules' || entry.name.startsWith('.')) continue
        if (entry.isDirectory() && path.split('/').length < MAX_DEPTH) folders.push(path)
        else if (entry.isFile() && /\.sql$/i.test(path) && !members.isMember(path)) found.push(path)
      }
    } catch {
      // It is not read for the package either.
    }
  }
  return found.sort()
}
