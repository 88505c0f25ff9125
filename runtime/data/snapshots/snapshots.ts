// Snapshots of plugin data: an export runs while the plugin keeps running; an import replaces everything.
// Invariant: a snapshot is consistent as of one moment, and an import is atomic, also when everything stops half-way.

import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { access, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { flushFolder } from '../../../plugin-store/flush.ts'
import { PlugbayError } from '../../errors.ts'
import type { Buckets } from '../bucket/buckets.ts'
import type { DataProcessOptions } from '../data-process.ts'
import type { Migration, MigrationOutcome, MigrationState } from '../worker/db/db-migrations.ts'
import { type Checkpoints, createCheckpoints, type Entered } from './checkpoints.ts'
import type { FileHolders } from './file-holders.ts'
import { flushTree } from './flush-tree.ts'
import type { ImportFacts, ImportRules, SnapshotFacts } from './snapshot-call.ts'
import { SnapshotProcess } from './snapshot-process.ts'

export type { ImportFacts, ImportRules, SnapshotFacts } from './snapshot-call.ts'

export interface Snapshot extends SnapshotFacts {
  /** To be iterated once; closes itself at the end. Throws HOST_CALL_FAILED. */
  readonly chunks: AsyncIterable<Uint8Array>
  /** Releases a snapshot that is not read to its end. Idempotent. */
  close(): Promise<void>
}

/** An import that has been checked, and has changed nothing yet. */
export interface StagedImport extends ImportFacts {
  /** Compares migrations with those that the import has been through. Rejects with HOST_CALL_FAILED. */
  compare(migrations: readonly Migration[]): Promise<MigrationState>
  /** Runs the missing migrations on the import. Rejects with HOST_CALL_FAILED. */
  migrate(migrations: readonly Migration[], quotaBytes: number): Promise<MigrationOutcome>
  /** Replaces the plugin's data with the import; calls of the plugin wait meanwhile. Rejects with HOST_CALL_FAILED. */
  commit(): Promise<void>
  /** Idempotent. Does not undo a commit. */
  close(): Promise<void>
}

export interface PluginSnapshots {
  /** Whether the plugin has stored anything. */
  hasData(pluginId: string): Promise<boolean>
  /** Rejects with STORE_FULL or HOST_CALL_FAILED. @param version version of the active release */
  snapshot(pluginId: string, version: string | null): Promise<Snapshot>
  /** Rejects with SNAPSHOT_INVALID, BODY_TOO_LARGE, STATE_CONFLICT, STORE_FULL, DEADLINE, HOST_CALL_FAILED, and as the source does. */
  stageImport(pluginId: string, source: AsyncIterable<Uint8Array>, rules: ImportRules): Promise<StagedImport>
  /** Data as it was before an upgrade. */
  readonly checkpoints: Checkpoints
}

/**
 * Runs the work while no call of the plugin is executing and none of its files is open; new calls wait for its end.
 * Cursors, which only read, stay open unless `endCursors` gives a reason to end them.
 */
export type WhileHeld = <T>(
  pluginId: string,
  work: () => Promise<T>,
  options: { readonly endCursors?: string },
) => Promise<T>

export interface SnapshotOptions extends Pick<DataProcessOptions, 'folder' | 'jail' | 'log'> {
  readonly whileHeld: WhileHeld
  readonly elsewhere: FileHolders
  readonly buckets: Pick<Buckets, 'hold' | 'forget'>
}

export interface OwnSnapshots extends PluginSnapshots {
  readonly pids: readonly number[]
  close(): Promise<void>
}

/** No plugin id starts like this. */
const ROOMS = '.transfers'
/** Each is a process, and takes as much disk space as the data. */
const AT_ONCE = 4

export function createSnapshots(options: SnapshotOptions): OwnSnapshots {
  const { folder, whileHeld, elsewhere, buckets, log } = options
  // Leftovers of a killed runtime.
  rmSync(join(folder, ROOMS), { recursive: true, force: true })
  const processes = new Set<SnapshotProcess>()
  const waiting: (() => void)[] = []
  let closed = false

  /** A process with a room of its own; `leave` disposes of both. */
  const enter = async (pluginId: string) => {
    while (processes.size >= AT_ONCE && !closed) {
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
    if (closed) throw new PlugbayError('HOST_CALL_FAILED', 'The runtime is closing')
    const room = join(folder, ROOMS, randomUUID())
    const process = new SnapshotProcess(options, { folder, pluginId, room })
    processes.add(process)
    let left: Promise<void> | undefined
    const leave = (): Promise<void> => {
      left ??= process
        .close()
        .then(() => rm(room, { recursive: true, force: true }))
        .catch((error: unknown) => log.warn({ error: String(error), room }, 'a transfer left files behind'))
        .finally(() => {
          processes.delete(process)
          waiting.shift()?.()
        })
      return left
    }
    try {
      await mkdir(room, { recursive: true, mode: 0o700 })
      await process.ready
    } catch (error) {
      await leave()
      throw error
    }
    return { process, room, leave }
  }

  /** The plugin waits only while the data is pinned; while it is copied, the process holds the files open. */
  const copy = async (
    pluginId: string,
    { process, leave }: Pick<Entered, 'process' | 'leave'>,
    version: string | null,
  ) => {
    const { promise: closed, resolve } = Promise.withResolvers<unknown>()
    // The contents of files are linked after the databases were copied.
    const release = await buckets.hold(pluginId)
    try {
      const pin = async () => {
        elsewhere.note(pluginId, closed)
        await process.call({ method: 'pin' })
      }
      await whileHeld(pluginId, pin, {})
      return (await process.call({ method: 'copy', version })) as SnapshotFacts
    } catch (error) {
      // Its files are certainly closed only when it has exited.
      await leave()
      throw error
    } finally {
      release()
      resolve(undefined)
    }
  }

  return {
    async hasData(pluginId) {
      return await access(join(folder, pluginId)).then(
        () => true,
        () => false,
      )
    },

    async snapshot(pluginId, version) {
      const entered = await enter(pluginId)
      const facts = await copy(pluginId, entered, version)
      const { process, leave } = entered
      return { ...facts, chunks: closing(process.download({ method: 'send' }), leave), close: leave }
    },

    async stageImport(pluginId, source, rules) {
      const { process, room, leave } = await enter(pluginId)
      try {
        const facts = (await process.upload({ method: 'receive', ...rules }, source)) as ImportFacts
        return {
          ...facts,
          async compare(migrations) {
            const body = Buffer.from(JSON.stringify(migrations))
            return (await process.call({ method: 'compare' }, body)) as MigrationState
          },
          async migrate(migrations, quotaBytes) {
            const body = Buffer.from(JSON.stringify(migrations))
            return (await process.call({ method: 'migrate', quotaBytes }, body)) as MigrationOutcome
          },
          async commit() {
            await flushTree(join(room, 'ready'))
            const commit = async () => {
              await elsewhere.closed(pluginId)
              await process.call({ method: 'commit' })
              buckets.forget(pluginId)
            }
            await whileHeld(pluginId, commit, { endCursors: 'the data of the plugin is replaced' })
            await flushFolder(join(folder, pluginId))
          },
          close: leave,
        }
      } catch (error) {
        await leave()
        throw error
      }
    },

    checkpoints: createCheckpoints({ folder, enter, copy, whileHeld, elsewhere, buckets }),

    get pids() {
      return [...processes].map(({ pid }) => pid)
    },

    async close() {
      closed = true
      for (const wake of waiting.splice(0)) wake()
      await Promise.all([...processes].map((process) => process.close()))
    },
  }
}

async function* closing(
  source: AsyncIterable<Uint8Array>,
  close: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* source
  } finally {
    await close()
  }
}
