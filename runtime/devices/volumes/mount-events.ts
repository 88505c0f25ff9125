// Says when a drive may have come or gone.
// Node can wait neither for /proc/self/mountinfo nor for anything else that tells of mounts; findmnt(8) can. Where it is missing, or
// ends, the table is asked for every second. A drive that was pulled out may stay mounted: what goes from /dev tells of it. One that
// was mounted before udev had read it has its id when udev has written its record.

import { spawn } from 'node:child_process'
import { existsSync, watch } from 'node:fs'
import { createInterface } from 'node:readline'

export interface MountEventOptions {
  /** How to start findmnt; other programs in tests. */
  readonly command?: readonly [string, ...string[]]
  readonly pollMs?: number
  /** Folder of the devices. */
  readonly dev?: string
  /** Folder of udev's records. */
  readonly udev?: string
}

const POLL_MS = 1000
/** One drive makes many of these at once. */
const GATHER_MS = 20
/** setpriv(1): the kernel ends it with the runtime, which may be killed. Both are of util-linux. */
const FINDMNT = ['setpriv', '--pdeathsig', 'KILL', 'findmnt', '--poll', '-n', '-o', 'ACTION'] as const

/** Returns the function that ends it. `onHint` is called too often rather than too seldom. */
export function watchMounts(onHint: () => void, options: MountEventOptions = {}): () => void {
  const { command = FINDMNT, pollMs = POLL_MS, dev = '/dev', udev = '/run/udev/data' } = options
  const [program, ...args] = command
  let timer: NodeJS.Timeout | undefined
  let gathering: NodeJS.Timeout | undefined
  let isEnded = false
  const hint = (): void => {
    gathering ??= setTimeout(() => {
      gathering = undefined
      onHint()
    }, GATHER_MS).unref()
  }
  const poll = (): void => {
    if (isEnded || timer !== undefined) return
    timer = setInterval(onHint, pollMs).unref()
    hint() // What happened between the two.
  }
  const watchers = [dev, udev]
    .filter((folder) => existsSync(folder))
    .map((folder) => watch(folder, { persistent: false }, hint).on('error', poll))
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
  })
  child.unref()
  child.once('error', poll) // Not installed.
  child.once('exit', poll)
  createInterface({ input: child.stdout }).on('line', hint)
  // A pipe is a socket to Node, whatever its type says.
  if ('unref' in child.stdout && typeof child.stdout.unref === 'function') child.stdout.unref()
  return () => {
    isEnded = true
    clearInterval(timer)
    clearTimeout(gathering)
    for (const watcher of watchers) watcher.close()
    child.kill('SIGKILL')
  }
}
