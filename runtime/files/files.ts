// Granted folders of all plugins, and the processes that work in their roots.
// Invariant: the runtime itself never touches a path of these: what hangs there hangs one process.

import { createHmac, randomBytes } from 'node:crypto'
import { isAbsolute, normalize } from 'node:path'
import { PlugbayError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Jail } from '../processes/jail/jail.ts'
import { FileLocks } from './file-locks.ts'
import { FilesProcess } from './files-process.ts'
import { Folder, type FolderMode } from './folder.ts'
import { KeptSpace } from './kept-space.ts'
import type { FilesResults } from './worker/calls.ts'

export interface GrantedFolder {
  readonly pluginId: string
  /** Absolute path, chosen by the operator or the application, that the plugin never sees. */
  readonly root: string
  readonly mode: FolderMode
  /** What the plugin reads as its name; the last part of the path by default. */
  readonly name?: string
  /** Names from the root to the granted folder: nothing above it can be reached. */
  readonly base?: readonly string[]
  /** How many bytes the plugin may keep there; without `isOwn`, how many it may add. DEFAULT_MAX_BYTES by default. */
  readonly maxBytes?: number
  /** No one else writes there: everything in it counts as the plugin's. */
  readonly isOwn?: boolean
  /** Asked before every operation. @throws PlugbayError when the plugin may not do that now */
  readonly permit?: (mode: FolderMode) => void
}

export interface Files {
  /** A folder that the plugin may use until it is closed. Nothing is opened yet. */
  grant(granted: GrantedFolder): Folder
  /** Makes the folders between the root and the granted folder. Rejects with FOLDER_GONE, FOLDER_UNRESPONSIVE or a FileError. */
  prepare(granted: GrantedFolder): Promise<void>
  /** Space and rights of the drive of a root. Rejects likewise. */
  drive(root: string): Promise<FilesResults['drive']>
  /** Ends what works in a root: its drive has gone, and another one may come to its place. */
  release(root: string): void
  /** Whether a file in a root is being written, or a list is being read. */
  isHeld(root: string): boolean
  /**
   * Waits for the calls that are under way in a root, ends what stands by there, and resolves when it has ended and holds nothing
   * mounted; false, where the root is held, or does not respond.
   */
  letGo(root: string): Promise<boolean>
  readonly pids: readonly number[]
  close(): Promise<void>
}

export interface FilesOptions {
  readonly jail: Jail
  readonly log: Log
  /** Called with milliseconds of CPU time. */
  readonly charge: (pluginId: string, ms: number) => void
  /** Of one operation; 10 s by default. */
  readonly deadlineMs?: number
  /** How long an idle process is kept. IDLE_MS by default. */
  readonly idleMs?: number
}

const DEFAULT_MAX_BYTES = 1_000_000_000
/** A process that stands by keeps nothing mounted for longer. */
const IDLE_MS = 10_000
const MAX_PROCESSES = 32
/** For what the runtime itself asks. */
const NO_PLUGIN = ''

export function openFiles(options: FilesOptions): Files {
  const { jail, log, charge, deadlineMs, idleMs = IDLE_MS } = options
  const processes = new Map<string, FilesProcess>()
  const lastUsed = new Map<string, number>()
  const spaces = new Map<string, KeptSpace>()
  const secret = randomBytes(32)
  const locks = new FileLocks()
  const ending = new Set<Promise<void>>()

  const end = (
    process: FilesProcess,
    reason: string,
    code: 'HOST_CALL_FAILED' | 'FOLDER_GONE' = 'HOST_CALL_FAILED',
  ): Promise<void> => {
    processes.delete(process.root)
    lastUsed.delete(process.root)
    const ended: Promise<void> = process.close(reason, code).finally(() => ending.delete(ended))
    ending.add(ended)
    return ended
  }
  const sweeper = setInterval(() => {
    const now = performance.now()
    for (const [root, process] of processes)
      if (process.isIdle && now - (lastUsed.get(root) ?? 0) > idleMs) void end(process, 'It is idle')
  }, idleMs / 4).unref()
  const processOf = (root: string): FilesProcess => {
    lastUsed.set(root, performance.now())
    const known = processes.get(root)
    if (known !== undefined) return known
    if (processes.size >= MAX_PROCESSES) {
      const idle = [...processes.values()].filter((process) => process.isIdle)
      const [oldest] = idle.sort((a, b) => (lastUsed.get(a.root) ?? 0) - (lastUsed.get(b.root) ?? 0))
      if (oldest === undefined)
        throw new PlugbayError('QUOTA_EXCEEDED', `More than ${MAX_PROCESSES} folders are in use at once`)
      void end(oldest, 'It is idle')
    }
    const process = new FilesProcess({ root, jail, log, charge, deadlineMs })
    processes.set(root, process)
    return process
  }
  const spaceOf = ({
    pluginId,
    root,
    base = [],
    maxBytes = DEFAULT_MAX_BYTES,
    isOwn = false,
  }: GrantedFolder): KeptSpace => {
    const measure = isOwn ? () => measured(processOf(root), { pluginId, path: base }) : undefined
    if (!isOwn) return new KeptSpace({ maxBytes, measure })
    const place = [pluginId, maxBytes, root, ...base].join('\0')
    const known = spaces.get(place) ?? new KeptSpace({ maxBytes, measure })
    spaces.set(place, known)
    return known
  }
  /** Tells a plugin nothing about the path. */
  const keyOf = (root: string, base: readonly string[]): number =>
    createHmac('sha256', secret)
      .update([root, ...base].join('\0'))
      .digest()
      .readUIntBE(0, 6)

  return {
    grant(granted) {
      const { pluginId, base = [], mode, permit } = granted
      const root = rootOf(granted.root)
      return new Folder({
        pluginId,
        name: granted.name ?? base.at(-1) ?? root.split(/[\\/]/).at(-1) ?? '',
        key: keyOf(root, base),
        process: () => processOf(root),
        base,
        permit(wanted) {
          if (wanted === 'readwrite' && mode !== 'readwrite')
            throw new PlugbayError('PERMISSION_DENIED', 'The folder may only be read')
          permit?.(wanted)
        },
        locks,
        space: spaceOf({ ...granted, root }),
      })
    },
    async prepare({ pluginId, root, base = [] }) {
      await processOf(rootOf(root)).call<'createAll'>(pluginId, {
        m: 'createAll',
        root: rootOf(root),
        path: base,
      })
    },
    async drive(root) {
      const asked = { m: 'drive', root: rootOf(root) } as const
      return (await processOf(rootOf(root)).call<'drive'>(NO_PLUGIN, asked)).result
    },
    release(root) {
      const process = processes.get(rootOf(root))
      if (process !== undefined) void end(process, 'The volume was removed', 'FOLDER_GONE')
      for (const place of spaces.keys()) if (place.split('\0')[2] === rootOf(root)) spaces.delete(place)
    },
    isHeld: (root) => processes.get(rootOf(root))?.isHeld ?? false,
    async letGo(root) {
      const process = processes.get(rootOf(root))
      if (process === undefined) {
        // One that was ended before may hold it still.
        await Promise.all(ending)
        return true
      }
      if (!(await process.isLeft())) return false
      await end(process, 'It is idle')
      return true
    },
    get pids() {
      return [...processes.values()].flatMap(({ pid }) => (pid === undefined ? [] : [pid]))
    },
    async close() {
      clearInterval(sweeper)
      for (const process of [...processes.values()]) void end(process, 'The runtime is closing')
      await Promise.all(ending)
    },
  }
}

/** @throws PlugbayError FOLDER_GONE: an application gave a path that is none */
function rootOf(path: string): string {
  if (!isAbsolute(path) || path.includes('\0'))
    throw new PlugbayError('FOLDER_GONE', 'The folder has no absolute path')
  const normal = normalize(path)
  return normal.length > 1 && /[\\/]$/.test(normal) ? normal.slice(0, -1) : normal
}

async function measured(
  process: FilesProcess,
  { pluginId, path }: { readonly pluginId: string; readonly path: readonly string[] },
): Promise<number> {
  let bytes = 0
  let waiting: readonly (readonly string[])[] = [[]]
  while (waiting.length > 0) {
    const call = { m: 'measure', root: process.root, path, waiting, budgetMs: 50 } as const
    const { result } = await process.call<'measure'>(pluginId, call)
    bytes += result.bytes
    waiting = result.waiting
  }
  return bytes
}
