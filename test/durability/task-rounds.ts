// Rounds of schedules that end with a kill -9: of the runtime, of a sandbox process or of a data process. Then every schedule must be
// there once, on its grid, and no run may have been made twice under one lease.

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { type Killable, startKillable } from '../support/killable.ts'
import { randomOf } from '../support/random.ts'
import { ADMIN_TOKEN, pluginZip } from '../support/runtime.ts'
import type { Scope } from '../support/scope.ts'
import { killWithChildren } from './kill-with-children.ts'
import { ENTRIES, kill, pidsOf, type Victim } from './rounds.ts'
import { STEP_SECONDS, TICKER } from './ticker.ts'

export interface TaskRoundsOptions {
  readonly data: string
  readonly kills: number
  readonly schedules: number
  readonly seed: number
}

export interface TaskRoundsReport {
  readonly kills: Readonly<Record<Victim, number>>
  /** Runs that were made, those that were cut off not counted. */
  readonly runs: number
  /** Everything that is wrong, in sentences. */
  readonly wrong: readonly string[]
}

const AUTHORITY = { authorization: `Bearer ${ADMIN_TOKEN}` }
/** Schedules of one request. */
const BATCH = 100

export async function runTaskRounds(scope: Scope, options: TaskRoundsOptions): Promise<TaskRoundsReport> {
  const { data, schedules, seed } = options
  const random = randomOf(seed)
  const kills = { runtime: 0, sandbox: 0, data: 0 }
  let server = await startKillable(scope, data)
  await installTicker(server)
  for (let from = 0; from < schedules; from += BATCH)
    await planTicks(server, from, Math.min(schedules, from + BATCH))
  for (let round = 0; round < options.kills; round++) {
    await wait(1000 * STEP_SECONDS * (0.5 + random()))
    const victim: Victim = (['runtime', 'sandbox', 'runtime', 'data'] as const)[round % 4] ?? 'runtime'
    const pids = victim === 'runtime' ? [] : pidsOf(server, ENTRIES[victim])
    if (victim === 'runtime' || pids.length === 0) {
      server = await restart(scope, server, data)
      kills.runtime++
    } else {
      for (const pid of pids) kill(pid)
      kills[victim]++
    }
  }
  // The last ones are over, and what follows them waits.
  await wait(3000 * STEP_SECONDS)
  await killWithChildren(server)
  return { kills, ...examineTicks(data, schedules) }
}

async function restart(scope: Scope, server: Killable, data: string): Promise<Killable> {
  await killWithChildren(server)
  return await startKillable(scope, data)
}

async function installTicker({ origin }: Killable): Promise<void> {
  const headers = { ...AUTHORITY, 'content-type': 'application/zip' }
  const response = await fetch(`${origin}/api/v1/plugins`, {
    method: 'POST',
    headers,
    body: pluginZip(TICKER),
  })
  if (!response.ok) throw new Error(`The plugin was not taken: ${response.status} ${await response.text()}`)
}

async function planTicks({ origin }: Killable, from: number, to: number): Promise<void> {
  const response = await fetch(`${origin}/plugins/ticker/api/`, {
    method: 'POST',
    headers: { ...AUTHORITY, origin },
    body: JSON.stringify({ from, to }),
  })
  if (!response.ok) throw new Error(`Tasks were not scheduled: ${response.status} ${await response.text()}`)
}

function examineTicks(data: string, schedules: number): Pick<TaskRoundsReport, 'runs' | 'wrong'> {
  const database = new DatabaseSync(join(data, 'store.db'), { readOnly: true })
  const all = (sql: string, ...values: number[]) => database.prepare(sql).all(...values)
  try {
    const open = all(`SELECT key, count(*) AS rows FROM tasks WHERE finished_at_ms IS NULL GROUP BY key`)
    const wrong = [
      ...(open.length === schedules ? [] : [`${open.length} of ${schedules} schedules are left`]),
      ...open.filter(({ rows }) => rows !== 1).map(({ key, rows }) => `"${key}" is scheduled ${rows} times`),
      ...all('SELECT key, due_ms FROM tasks GROUP BY key, due_ms HAVING count(*) > 1').map(
        ({ key, due_ms: due }) => `"${key}" ran twice for ${due}`,
      ),
      ...all(
        `SELECT key, due_ms FROM tasks JOIN (SELECT key AS of, min(due_ms) AS first FROM tasks GROUP BY key)
          ON of = key WHERE (due_ms - first) % ? <> 0`,
        STEP_SECONDS * 1000,
      ).map(({ key, due_ms: due }) => `"${key}" has left its grid: ${due}`),
      ...all(
        `SELECT id, epoch, count(*) AS runs FROM tasks JOIN task_log ON task_seq = seq
          WHERE text LIKE 'Executing task%' GROUP BY seq HAVING count(*) > epoch`,
      ).map(({ id, runs, epoch }) => `"${id}" ran ${runs} times under ${epoch} leases`),
      ...all(`SELECT id FROM tasks WHERE finished_at_ms IS NOT NULL AND lease_owner IS NOT NULL`).map(
        ({ id }) => `"${id}" has finished, and is leased`,
      ),
      ...all(`SELECT key FROM tasks GROUP BY key HAVING count(*) FILTER (WHERE state = 'succeeded') = 0`).map(
        ({ key }) => `"${key}" has never run`,
      ),
    ]
    const [counted] = all(`SELECT count(*) AS runs FROM tasks WHERE state = 'succeeded'`)
    return { runs: Number(counted?.runs ?? 0), wrong }
  } finally {
    database.close()
  }
}
