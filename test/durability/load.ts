// Visitors and an administrator who write all the time, and remember what they were promised.
// Invariant: only what was answered with success counts as promised; the rest may have happened or not.

import { ADMIN_TOKEN } from '../support/runtime.ts'
import { survivorZip } from './keeper.ts'

/** What was promised in one round. */
export interface Promised {
  readonly keys: Set<number>
  readonly rows: Set<number>
  readonly pairs: Set<number>
}

/** What was promised over all rounds. */
export interface UsageMeter {
  /** Counts: how often it was promised, and how often it was asked. */
  counted: number
  countsAsked: number
  /** The setting: the last value that was promised, and the last that was asked. */
  setting: number
  settingAsked: number
  /** Versions of the plugin that is updated; -1 before. */
  version: number
  versionAsked: number
  /** Responses other than success. */
  failures: number
}

export interface Load {
  readonly promised: Promised
  stop(): Promise<void>
}

const AUTHORITY = { authorization: `Bearer ${ADMIN_TOKEN}` }

export function startLoad(origin: string, round: number, meter: UsageMeter): Load {
  const promised: Promised = { keys: new Set(), rows: new Set(), pairs: new Set() }
  let isOver = false
  let n = 0
  const ask = async (path: string, init?: RequestInit): Promise<boolean> => {
    try {
      const response = await fetch(origin + path, init)
      await response.arrayBuffer()
      if (response.ok) return true
    } catch {
      // The process was killed: the outcome is unknown.
    }
    meter.failures++
    await new Promise((resolve) => setTimeout(resolve, 20))
    return false
  }
  const keep = async (path: string, kept: Set<number>): Promise<void> => {
    const mine = n++
    if (await ask(`/plugins/keeper/api/${path}?round=${round}&n=${mine}`)) kept.add(mine)
  }
  const deeds: readonly (() => Promise<void>)[] = [
    () => keep('put', promised.keys),
    () => keep('put', promised.keys),
    () => keep('sql', promised.rows),
    () => keep('sql', promised.rows),
    () => keep('both', promised.pairs),
    async () => {
      meter.countsAsked++
      if (await ask('/plugins/keeper/api/count')) meter.counted++
    },
    async () => {
      const value = ++meter.settingAsked
      const headers = { ...AUTHORITY, 'content-type': 'application/json' }
      const body = JSON.stringify({ number: value })
      if (await ask('/api/v1/plugins/keeper/settings', { method: 'PATCH', headers, body }))
        meter.setting = value
    },
    async () => {
      const version = ++meter.versionAsked
      const headers = { ...AUTHORITY, 'content-type': 'application/zip' }
      if (await ask('/api/v1/plugins', { method: 'POST', headers, body: survivorZip(version) }))
        meter.version = version
    },
  ]
  const loops = deeds.map(async (deed) => {
    while (!isOver) await deed()
  })
  return {
    promised,
    async stop() {
      isOver = true
      await Promise.all(loops)
    },
  }
}
