// Removes files from the temporary folder that are older than the settings say. Without any it has done nothing, and can be swept away.

import type { Context, Env, Task } from 'plugbay/sdk'
import { filesIn, folderAt } from '../storage/media.ts'

export async function cleanTempTask(task: Task<{ readonly onlyShow?: boolean }>, env: Env, ctx: Context) {
  const oldest = Date.now() - Number(env.settings.keepTemp)
  const temp = await folderAt(ctx, 'temp')
  const files = await filesIn(temp)
  let removed = 0
  let bytes = 0
  for (const [index, handle] of files.entries()) {
    if (task.signal.aborted) break
    task.progress(index / files.length, handle.name)
    const file = await handle.getFile()
    if (file.lastModified > oldest) continue
    task.log.info(`${handle.name}, ${file.size} bytes`)
    removed += 1
    bytes += file.size
    if (task.args.onlyShow === true) continue
    await handle.remove()
    task.worked()
  }
  return { removed, bytes, onlyShown: task.args.onlyShow === true }
}
