// Finds files with the same content: those of one size, compared with each other chunk by chunk.

import type { Context, Env, FileSystemFileHandle, Task } from 'plugbay/sdk'
import { filesIn, folderAt } from '../storage/media.ts'

interface Found {
  readonly address: string
  readonly file: File
}

const CHUNK = 262_144

export async function findDuplicatesTask(
  task: Task<{ readonly folders: readonly string[] }>,
  _env: Env,
  ctx: Context,
) {
  const found: Found[] = []
  for (const folder of task.args.folders)
    for (const handle of await filesIn(await folderAt(ctx, folder))) found.push(await opened(folder, handle))
  const sizes = Object.values(Object.groupBy(found, ({ file }) => String(file.size)))
  const groups: (readonly string[])[] = []
  for (const [index, candidates = []] of sizes.entries()) {
    if (task.signal.aborted) break
    task.progress(index / sizes.length)
    groups.push(...(await sameContent(candidates, task.signal)))
  }
  task.progress(1)
  for (const group of groups) task.warning(`The same content: ${group.join(', ')}`)
  if (found.length > 0) task.worked()
  return { files: found.length, groups }
}

async function opened(folder: string, handle: FileSystemFileHandle): Promise<Found> {
  return { address: `${folder}/${handle.name}`, file: await handle.getFile() }
}

/** Addresses of those that are equal; each file is compared with the first of every group. */
async function sameContent(
  candidates: readonly Found[],
  signal: AbortSignal,
): Promise<readonly (readonly string[])[]> {
  const groups: Found[][] = []
  for (const candidate of candidates) {
    if (signal.aborted) return []
    let home: Found[] | undefined
    for (const group of groups)
      if (home === undefined && group[0] !== undefined && (await isEqual(group[0].file, candidate.file)))
        home = group
    if (home === undefined) groups.push([candidate])
    else home.push(candidate)
  }
  return groups.filter(({ length }) => length > 1).map((group) => group.map(({ address }) => address))
}

async function isEqual(a: File, b: File): Promise<boolean> {
  for (let at = 0; at < a.size; at += CHUNK) {
    const [left, right] = await Promise.all([a, b].map((file) => file.slice(at, at + CHUNK).bytes()))
    if (left?.length !== right?.length || left?.some((byte, index) => byte !== right?.[index])) return false
  }
  return true
}
