// Copies the primary folder, with the folders in it, into one of the alternative folder. A retry leaves out what is there already.

import type { Context, Env, FileSystemDirectoryHandle, Task } from 'plugbay/sdk'
import { copyFile, fileIn, filesIn, folderAt } from '../storage/media.ts'

export async function backUpTask(task: Task<{ readonly folder: string }>, _env: Env, ctx: Context) {
  const folders = await foldersIn(await folderAt(ctx, 'primary'), 'primary')
  let copied = 0
  for (const [index, address] of folders.entries()) {
    const below = address.split('/').slice(1)
    const target = await folderAt(ctx, ['alternative', task.args.folder, ...below].join('/'), {
      create: true,
    })
    for (const source of await filesIn(await folderAt(ctx, address))) {
      if (task.signal.aborted) return { copied, complete: false }
      task.progress(index / folders.length, `${address}/${source.name}`)
      const there = await fileIn(target, source.name)
      if (there !== undefined && (await there.getFile()).size === (await source.getFile()).size) continue
      await copyFile(source, await target.getFileHandle(source.name, { create: true }), {
        signal: task.signal,
        progress: (fraction) => task.partProgress(fraction),
      })
      copied += 1
      task.worked()
    }
  }
  task.progress(1)
  task.log.info(`Copied: ${copied}`)
  return { copied, complete: true }
}

/** Addresses of the folder and of all in it. */
async function foldersIn(folder: FileSystemDirectoryHandle, address: string): Promise<readonly string[]> {
  const found = [address]
  for await (const entry of folder.values())
    if (entry.kind === 'directory') found.push(...(await foldersIn(entry, `${address}/${entry.name}`)))
  return found
}
