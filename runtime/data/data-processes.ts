// The data processes: two for everybody, and lanes for plugins whose calls have been slow, so that they delay no one else.
// Invariant: at any moment one plugin's files are open in one process only.

import type { HostAnswer } from '../../sdk/protocol/host-calls.ts'
import type { Log } from '../log.ts'
import type { DataCall } from './data-call.ts'
import { DataProcess } from './data-process.ts'

export interface DataProcesses {
  /** Rejects with a PlugbayError: QUOTA_EXCEEDED, HOST_CALL_INVALID, HOST_CALL_FAILED. */
  call(call: DataCall, body: Uint8Array | undefined): Promise<HostAnswer>
  /** Deletes everything that the plugin has stored. */
  remove(pluginId: string): Promise<void>
  readonly pids: readonly number[]
  close(): Promise<void>
}

const SHARED = 2
const SLOW_LANES = 4
/** A call at work for longer moves its plugin to a slow lane. */
const SLOW_MS = 100
const DEADLINE_MS = 5000

export function openDataProcesses(options: { readonly folder: string; readonly log: Log }): DataProcesses {
  const open = () => new DataProcess({ ...options, deadlineMs: DEADLINE_MS })
  const shared = Array.from({ length: SHARED }, open)
  const lanes: DataProcess[] = []
  const homes = new Map<string, DataProcess>()
  const moving = new Map<string, Promise<void>>()

  const homeOf = (pluginId: string): DataProcess => {
    const known = homes.get(pluginId)
    if (known !== undefined) return known
    const home = shared[hash(pluginId) % SHARED] ?? open()
    homes.set(pluginId, home)
    return home
  }
  const move = (pluginId: string, from: DataProcess): void => {
    if (lanes.includes(from) || moving.has(pluginId)) return
    const lane = lanes.length < SLOW_LANES ? open() : lanes.toSorted((a, b) => a.queued - b.queued)[0]
    if (lane === undefined) return
    if (!lanes.includes(lane)) lanes.push(lane)
    // The old home closes the plugin's files behind all of its calls; calls that arrive meanwhile wait for that.
    const closed = from
      .call({ pluginId, method: 'close' }, undefined, () => {})
      .then(
        () => undefined,
        (error: unknown) =>
          options.log.warn({ error: String(error), pluginId }, 'data could not be closed before a move'),
      )
    moving.set(
      pluginId,
      closed.then(() => {
        homes.set(pluginId, lane)
        moving.delete(pluginId)
      }),
    )
  }

  return {
    async call(call, body) {
      await moving.get(call.pluginId)
      const home = homeOf(call.pluginId)
      return await home.call(call, body, (ms) => {
        if (ms > SLOW_MS) move(call.pluginId, home)
      })
    },
    async remove(pluginId) {
      await moving.get(pluginId)
      await homeOf(pluginId).call({ pluginId, method: 'remove' }, undefined, () => {})
    },
    get pids() {
      return [...shared, ...lanes].flatMap(({ pid }) => (pid === undefined ? [] : [pid]))
    },
    async close() {
      await Promise.all([...shared, ...lanes].map((process) => process.close()))
    },
  }
}

/** FNV-1a: spreads ids evenly, the same in every run. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const character of Buffer.from(text)) value = Math.imul(value ^ character, 0x01000193) >>> 0
  return value
}
