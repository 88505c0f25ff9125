// The data processes: two shared ones, and lanes for plugins with slow calls, so that they do not delay others.
// Invariant: at any moment the calls of one plugin go to one process only.

import type { DataCall } from '../../sdk/protocol/data-calls.ts'
import type { RelayedResult } from '../../sdk/protocol/host-calls.ts'
import { Buckets } from './bucket/buckets.ts'
import { DataCursors, type OpenedCursor } from './data-cursors.ts'
import { DataProcess, type DataProcessOptions, SLOW_MS } from './data-process.ts'
import { FileHolders } from './snapshots/file-holders.ts'
import { createSnapshots, type PluginSnapshots, type WhileHeld } from './snapshots/snapshots.ts'
import type {
  KnownMigration,
  Migration,
  MigrationOutcome,
  MigrationState,
} from './worker/db/db-migrations.ts'

export type { Migration, MigrationOutcome, MigrationState } from './worker/db/db-migrations.ts'

export interface DataProcesses {
  /** Rejects with a PlugbayError: QUOTA_EXCEEDED, DATABASE_ERROR, HOST_CALL_INVALID, HOST_CALL_FAILED. */
  call(call: DataCall, body: Uint8Array | undefined): Promise<RelayedResult>
  /** Starts to read the rows of one statement (sdk/protocol/sql-wire.ts). Rejects as call(). */
  openCursor(pluginId: string, statement: Uint8Array | undefined): Promise<OpenedCursor>
  /** Lists the migrations that the plugin's database lacks, and those applied with another text. Rejects as call(). */
  migrationState(pluginId: string, migrations: readonly Migration[]): Promise<MigrationState>
  /**
   * Runs the missing migrations in one transaction, in a process of their own; calls of the plugin wait meanwhile.
   * Rejects as call(), and with HOST_CALL_FAILED after a minute; then nothing has changed.
   */
  migrate(pluginId: string, migrations: readonly Migration[], quotaBytes: number): Promise<MigrationOutcome>
  /** Deletes all data of the plugin. */
  remove(pluginId: string): Promise<void>
  /** The files of plugins. */
  readonly buckets: Buckets
  /** Snapshots of plugin data. */
  readonly snapshots: PluginSnapshots
  readonly pids: readonly number[]
  close(): Promise<void>
}

const SHARED = 2
const SLOW_LANES = 4
/**
 * Applies to each call to a data process.
 * @limit `env.kv`, `env.db`: time of a call
 * @passed an error with the code `HOST_CALL_FAILED` is thrown, and nothing has changed
 */
const DEADLINE_MS = 5000
const MIGRATION_MS = 60_000

export function openDataProcesses(
  options: Pick<DataProcessOptions, 'folder' | 'jail' | 'log' | 'charge' | 'clockAheadMs'> & {
    /** How long a cursor may stay idle; 30 s by default. */
    readonly cursorIdleMs?: number
  },
): DataProcesses {
  const open = (): DataProcess => {
    const process: DataProcess = new DataProcess({
      ...options,
      deadlineMs: DEADLINE_MS,
      onSlow: (pluginId) => leave(process, pluginId),
    })
    return process
  }
  const shared: DataProcess[] = Array.from({ length: SHARED }, open)
  const lanes: DataProcess[] = []
  /** Retired processes that still execute their last calls. */
  const leaving = new Set<DataProcess>()
  const homes = new Map<string, DataProcess>()
  const moving = new Map<string, Promise<void>>()
  const elsewhere = new FileHolders()

  const homeOf = (pluginId: string): DataProcess => {
    const known = homes.get(pluginId)
    if (known !== undefined) return known
    const home = shared[hash(pluginId) % SHARED] ?? open()
    homes.set(pluginId, home)
    return home
  }
  /**
   * Moves all plugins but the slow one to another process, while the slow call continues in the old one. A process that runs
   * takes their calls at once; a new one has to start first.
   */
  const leave = (process: DataProcess, slow: string): void => {
    const place = shared.indexOf(process)
    if (place === -1 || !process.delaysOthers(slow)) return
    const ready = shared.find((other) => other !== process && other.isQuick)
    const successor = ready ?? open()
    shared[place] = ready === undefined ? successor : open()
    process.handOver(slow, successor)
    for (const [pluginId, home] of homes) {
      if (home !== process || pluginId === slow) continue
      homes.set(pluginId, successor)
      // The files open there hold no lock, and are closed after the slow call.
      elsewhere.note(pluginId, close(pluginId, process))
    }
    if (lanes.length < SLOW_LANES) {
      lanes.push(process)
      return
    }
    leaving.add(process)
    move(slow, process)
    void moving.get(slow)?.then(async () => {
      await process.close()
      leaving.delete(process)
    })
  }
  const close = (pluginId: string, from: DataProcess): Promise<void> =>
    from.call({ pluginId, method: 'close', args: '[]', quotaBytes: 0 }, undefined).then(
      () => undefined,
      (error: unknown) =>
        options.log.warn({ error: String(error), pluginId }, 'data could not be closed before a move'),
    )
  const move = (pluginId: string, from: DataProcess): void => {
    if (lanes.includes(from) || moving.has(pluginId)) return
    const lane = lanes.length < SLOW_LANES ? open() : lanes.toSorted((a, b) => a.queued - b.queued)[0]
    if (lane === undefined) return
    if (!lanes.includes(lane)) lanes.push(lane)
    // The old home closes the plugin's files after all of its calls; calls that arrive meanwhile wait for that.
    moving.set(
      pluginId,
      close(pluginId, from).then(() => {
        homes.set(pluginId, lane)
        moving.delete(pluginId)
      }),
    )
  }

  const call = async (call: DataCall, body: Uint8Array | undefined): Promise<RelayedResult> => {
    // No `await` at all unless the plugin moves: a call that arrives before a migration must be sent before it.
    while (moving.has(call.pluginId)) await moving.get(call.pluginId)
    const home = homeOf(call.pluginId)
    return await home.call(call, body, { onTime: (ms) => timed(call.pluginId, home, ms) })
  }
  /** Moves a plugin with slow calls to a lane. */
  const timed = (pluginId: string, home: DataProcess, ms: number): void => {
    if (ms > SLOW_MS && homes.get(pluginId) === home) move(pluginId, home)
  }
  const cursors = new DataCursors({
    folder: options.folder,
    moving: (pluginId) => moving.get(pluginId),
    homeOf,
    onTime: timed,
    idleMs: options.cursorIdleMs,
  })
  /** During the work, calls of the plugin wait, and its home has none of its files open, except for cursors that are kept. */
  const whileHeld: WhileHeld = async (pluginId, work, { endCursors }) => {
    while (moving.has(pluginId)) await moving.get(pluginId)
    const ended = endCursors === undefined ? undefined : cursors.endAll(pluginId, endCursors)
    const done = Promise.all([ended, close(pluginId, homeOf(pluginId))]).then(work)
    const release = () => void moving.delete(pluginId)
    moving.set(pluginId, done.then(release, release))
    return await done
  }
  const migrate = async (call: DataCall, body: Uint8Array): Promise<RelayedResult> => {
    // Not charged: migrations are an administrator's command.
    const process = new DataProcess({ ...options, charge: undefined, deadlineMs: MIGRATION_MS })
    leaving.add(process)
    try {
      return await process.call(call, body)
    } finally {
      await process.close()
      leaving.delete(process)
    }
  }
  const buckets = new Buckets({ ...options, call })
  const snapshots = createSnapshots({ ...options, whileHeld, elsewhere, buckets })

  return {
    call,
    openCursor: (pluginId, statement) => cursors.open(pluginId, statement),
    async migrationState(pluginId, migrations) {
      const asked = { pluginId, method: 'db.migrations', args: '[]', quotaBytes: 0 } as const
      const ask = async (known: readonly KnownMigration[]): Promise<MigrationState> => {
        const once = () => call(asked, Buffer.from(JSON.stringify(known)))
        // It changes nothing, and a release would stay failed because its data process happened to end.
        return read<MigrationState>(await once().catch(once))
      }
      const state = await ask(migrations.map(({ name, checksum }) => ({ name, checksum })))
      if (state.changed.length === 0) return state
      // Other bytes may be the same text: only then is it sent.
      const { changed } = await ask(migrations.filter(({ name }) => state.changed.includes(name)))
      return { ...state, changed }
    },
    async migrate(pluginId, migrations, quotaBytes) {
      const asked = { pluginId, method: 'db.migrate', args: '[]', quotaBytes } as const
      const body = Buffer.from(JSON.stringify(migrations))
      return read<MigrationOutcome>(await whileHeld(pluginId, () => migrate(asked, body), {}))
    },
    async remove(pluginId) {
      const work = async () => {
        await elsewhere.closed(pluginId)
        await buckets.remove(pluginId)
        await homeOf(pluginId).call({ pluginId, method: 'remove', args: '[]', quotaBytes: 0 }, undefined)
      }
      await whileHeld(pluginId, work, { endCursors: 'the data of the plugin is deleted' })
    },
    buckets,
    snapshots,
    get pids() {
      const own = [...shared, ...lanes, ...leaving].flatMap(({ pid }) => (pid === undefined ? [] : [pid]))
      return [...own, ...snapshots.pids, ...buckets.pids]
    },
    async close() {
      cursors.close()
      await buckets.close()
      await snapshots.close()
      await Promise.all([...shared, ...lanes, ...leaving].map((process) => process.close()))
    },
  }
}

/** Parses a result that the runtime itself uses. */
function read<T>({ text }: RelayedResult): T {
  return JSON.parse(text) as T
}

/** FNV-1a: spreads ids evenly, and the same in every run. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const character of Buffer.from(text)) value = Math.imul(value ^ character, 0x01000193) >>> 0
  return value
}
