// Watches the folder of a plugin: one call for a burst of changes. Where the system watches no more files, the folder is polled.
// Invariant: files that the runtime writes itself (.plugbay), and those that editors leave behind, never count as a change.

import { lstatSync, realpathSync } from 'node:fs'
import { dirname, relative, sep } from 'node:path'
import { type ChokidarOptions, type FSWatcher, watch } from 'chokidar'
import { isLeftBehind } from '../package/format/left-behind.ts'
import { isWithinRoots } from '../package/format/within-roots.ts'
import { ENV_FILE } from './env-file.ts'

/** Of the project's tools, and large: package-members.ts decides what belongs to the package. */
const TOOLS = 'node_modules'

/** What packages bring along is not worked on. */
const NESTED = /(?:^|\/)node_modules\/.*\/node_modules(?:\/|$)/

/** Editors write a file in two or three steps, a few milliseconds apart. */
const QUIET_MS = 12
/** A file that is written continuously must not hide changes of the others. */
const MAX_WAIT_MS = 150

interface Limit {
  readonly name: string
  readonly enough: number
}

/** Limits of the system for all programs of a user (inotify(7)), by the error of what was one too many. */
const LIMITS: Readonly<Record<string, Limit>> = {
  ENOSPC: { name: 'fs.inotify.max_user_watches', enough: 524_288 },
  EMFILE: { name: 'fs.inotify.max_user_instances', enough: 512 },
}

export interface WatchOptions {
  /** Real paths that links may lead to, as for the package; by default the folder. */
  readonly roots?: readonly string[]
  /** @param since when the first change was noticed, a performance.now() value */
  readonly onChange: (since: number) => void
  readonly onError: (error: unknown) => void
}

/** Resolves when every later change will be noticed. */
export async function watchFolder(
  folder: string,
  options: WatchOptions,
): Promise<{ close(): Promise<void> }> {
  const burst = collectBurst(options.onChange)
  const rules: ChokidarOptions = {
    ignoreInitial: true,
    // chokidar would delay a removal by 100 ms to see whether the file reappears; the burst does that already.
    atomic: false,
    ignored: (path) => {
      const inner = relative(folder, path).split(sep).join('/')
      const isOfTools = inner === TOOLS || inner.startsWith(`${TOOLS}/`) || NESTED.test(inner)
      return (
        isOfTools ||
        (isLeftBehind(inner) && inner !== ENV_FILE) ||
        isOtherLink(path, options.roots ?? [folder])
      )
    },
  }
  const watcher = watch(folder, rules)
  const isReady = readiness(watcher)
  let polling: Promise<FSWatcher> | undefined
  let isWatching = false
  watcher.on('all', burst.add)
  watcher.on('error', (error) => {
    const limit = LIMITS[(error as NodeJS.ErrnoException).code ?? '']
    if (limit === undefined) return options.onError(error)
    if (polling !== undefined) return
    options.onError(new Error(exhausted(limit)))
    polling = poll()
    // Neither of them may have noticed what changed meanwhile.
    if (isWatching) void polling.then(burst.add)
  })

  /** In place of the watcher: with both, a change would be noticed twice. */
  async function poll(): Promise<FSWatcher> {
    await isReady
    const poller = watch(folder, { ...rules, usePolling: true })
    poller.on('all', burst.add)
    poller.on('error', options.onError)
    await readiness(poller)
    await watcher.close()
    return poller
  }

  await isReady
  await polling
  isWatching = true
  return {
    async close() {
      burst.stop()
      await watcher.close()
      await (await polling)?.close()
    },
  }
}

function readiness(watcher: FSWatcher): Promise<void> {
  return new Promise((resolve) => watcher.once('ready', () => resolve()))
}

function exhausted({ name, enough }: Limit): string {
  return `the system watches no more files (${name}), so all are looked at several times a second, which takes CPU time. Raise that limit: sysctl -w ${name}=${enough}`
}

/** A link that the package does not follow, or one to a folder that holds it. */
function isOtherLink(path: string, roots: readonly string[]): boolean {
  if (!isLink(path)) return false
  try {
    const real = realpathSync(path)
    const place = realpathSync(dirname(path))
    return !isWithinRoots(real, roots) || place === real || place.startsWith(`${real}${sep}`)
  } catch {
    return true // It leads nowhere.
  }
}

/** False for what is gone, since a removal is a change, and for what the watcher itself will complain of. */
function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink()
  } catch {
    return false
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
