// Reads every file of a folder, keeps its checksum, and warns of those that have changed since the check before. Each file is a checkpoint:
// after a crash of the server it goes on with the next one.

import type { Context, Env, FileSystemFileHandle, Task } from 'plugbay/sdk'
import { keepChecksum } from '../storage/checksums.ts'
import { Crc32 } from '../storage/crc32.ts'
import { filesIn, folderAt } from '../storage/media.ts'

interface Arguments {
  readonly folder: string
  /** Milliseconds after each file. */
  readonly pause?: number
}

interface State {
  /** Name of the last file that is done. */
  readonly last: string
  readonly checked: number
}

export async function checksumsTask(task: Task<Arguments>, env: Env, ctx: Context) {
  const { folder, pause = 0 } = task.args
  const before = task.state as State | null
  const files = await filesIn(await folderAt(ctx, folder))
  if (before !== null) task.log.info(`Goes on after ${before.last}`)
  let checked = before?.checked ?? 0
  const changed: string[] = []
  for (const [index, file] of files.entries()) {
    if (before !== null && file.name <= before.last) continue
    if (task.signal.aborted) break
    task.progress(index / files.length, file.name)
    const { bytes, crc32 } = await checksumOf(file, task)
    if (bytes === 0) task.warning(`${file.name} is empty`)
    task.log.debug(`${crc32} ${file.name}`)
    if (await keepChecksum(env, { folder, name: file.name, bytes, crc32 })) changed.push(file.name)
    checked += 1
    task.worked()
    await task.checkpoint({ last: file.name, checked })
    await paused(pause, task.signal)
  }
  for (const name of changed) task.warning(`${name} has changed since the last check`)
  if (task.signal.aborted) task.log.info(`Cancelled after ${checked} of ${files.length}`)
  return { checked, of: files.length, changed }
}

/** In chunks, however large the file is. */
async function checksumOf(handle: FileSystemFileHandle, task: Task<Arguments>) {
  const file = await handle.getFile()
  const crc = new Crc32()
  let read = 0
  for await (const chunk of file.stream()) {
    task.signal.throwIfAborted()
    crc.add(chunk)
    read += chunk.byteLength
    task.partProgress(read / file.size)
  }
  return { bytes: file.size, crc32: crc.hex }
}

async function paused(ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0 || signal.aborted) return
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
