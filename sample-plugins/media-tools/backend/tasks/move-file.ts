// Moves a file to another media folder: a copy, then the original is removed. Each step may be repeated after a crash.

import type { Context, Env, Task } from 'plugbay/sdk'
import { copyFile, fileIn, folderAt } from '../storage/media.ts'

interface Arguments {
  readonly name: string
  /** Addresses of folders. */
  readonly from: string
  readonly to: string
}

export async function moveFileTask(task: Task<Arguments>, _env: Env, ctx: Context) {
  const { name, from, to } = task.args
  const target = await folderAt(ctx, to)
  const source = await fileIn(await folderAt(ctx, from), name)
  const there = await fileIn(target, name)
  if (source === undefined) {
    if (there === undefined) task.failure(`${name} is in neither folder`)
    return { moved: there !== undefined }
  }
  // A run before this one has begun to copy: the file there is ours, and perhaps not complete.
  const isOurs = task.state !== null
  if (there !== undefined && !isOurs) {
    task.warning(`There is a file ${name} already: it was not moved`)
    return { moved: false }
  }
  await task.checkpoint({ copying: true })
  task.progress(0, name)
  const copy = await target.getFileHandle(name, { create: true })
  try {
    const progress = (fraction: number) => task.progress(fraction, name)
    await copyFile(source, copy, { signal: task.signal, progress })
  } catch (error) {
    await copy.remove()
    throw error
  }
  await source.remove()
  task.worked()
  task.log.info(`${from}/${name} is now in ${to}`)
  return { moved: true }
}
