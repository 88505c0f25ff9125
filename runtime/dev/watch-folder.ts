// Watches the folder of a plugin: one call for a burst of changes.
// Invariant: files that the runtime writes itself (.plugbay) never count as a change.

import { join, sep } from 'node:path'
import { watch } from 'chokidar'

/** Not part of any package, and large or busy: package-members.ts decides what is. */
const IGNORED = ['.plugbay', '.git', 'node_modules']

/** Editors write a file in two or three steps, a few milliseconds apart. */
const QUIET_MS = 12
/** A file that is written continuously must not hide changes of the others. */
const MAX_WAIT_MS = 150

export interface WatchOptions {
  /** @param since when the first change was noticed, a performance.now() value */
  readonly onChange: (since: number) => void
  readonly onError: (error: unknown) => void
}

/** Resolves when every later change will be noticed. */
export async function watchFolder(
  folder: string,
  options: WatchOptions,
): Promise<{ close(): Promise<void> }> {
  const ignored = IGNORED.map((name) => join(folder, name))
  const burst = collectBurst(options.onChange)
  const watcher = watch(folder, {
    ignoreInitial: true,
    followSymlinks: false,
    // chokidar would delay a removal by 100 ms to see whether the file reappears; the burst does that already.
    atomic: false,
    ignored: (path) => ignored.some((each) => path === each || path.startsWith(`${each}${sep}`)),
  })
  watcher.on('all', burst.add)
  watcher.on('error', options.onError)
  await new Promise<void>((resolve) => watcher.once('ready', resolve))
  return {
    async close() {
      burst.stop()
      await watcher.close()
    },
  }
}

function collectBurst(onChange: (since: number) => void): { add: () => void; stop: () => void } {
  let timer: NodeJS.Timeout | undefined
  let since: number | undefined
  const flush = (): void => {
    const first = since ?? performance.now()
    since = undefined
    onChange(first)
  }
  return {
    add() {
      const now = performance.now()
      since ??= now
      clearTimeout(timer)
      timer = setTimeout(flush, Math.max(0, Math.min(QUIET_MS, since + MAX_WAIT_MS - now)))
    },
    stop: () => clearTimeout(timer),
  }
}
