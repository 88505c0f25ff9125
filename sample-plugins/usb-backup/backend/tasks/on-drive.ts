// What the tasks have in common: a drive that may not be there, or goes away meanwhile, and a failure that says so in a sentence.

import type { Env, FileSystemDirectoryHandle, Task, Volume } from 'plugbay/sdk'
import { sentenceOf } from '../drive/sentences.ts'

export interface DriveWork {
  readonly what: string
  readonly comfort: string
  /** @param root the plugin's folder on the drive */
  work(volume: Volume, root: FileSystemDirectoryHandle): Promise<unknown>
}

export async function onDrive(
  task: Task<{ readonly drive: string }>,
  env: Env,
  { what, comfort, work }: DriveWork,
): Promise<unknown> {
  const { drive } = task.args
  const volume = (await env.volumes.list()).find(({ id }) => id === drive)
  if (volume === undefined) {
    task.failure('The drive is not plugged in, or does not answer.')
    return undefined
  }
  try {
    return await work(volume, await env.volumes.open(drive))
  } catch (error) {
    // Cancelled, or the server stops: the task ends as that.
    if (task.signal.aborted) return undefined
    const sentence = await sentenceOf(error, { env, drive, what, comfort })
    if (sentence === undefined) throw error
    task.log.error(error)
    task.failure(sentence)
    return undefined
  }
}
