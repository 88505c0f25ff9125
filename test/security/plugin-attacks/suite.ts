// Makes tests of cases: one arena for a file, one test per case, a row of the report for each.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { isRunning } from '../../support/killable.ts'
import { until } from '../../support/runtime.ts'
import { Closers } from '../../support/scope.ts'
import { record, TIMES_VARIABLE } from '../helpers/record.ts'
import { type Arena, type ArenaOptions, startArena } from './arena.ts'
import type { AttackCase } from './attack-case.ts'
import { brokenGuarantees } from './guarantees.ts'
import { type CaseOutcome, runCase } from './run-case.ts'

/** Cases look into /proc. */
export const ONLY_LINUX = process.platform === 'linux' ? {} : { skip: 'looks into /proc' }

/** How often each attack is carried out: `npm run test:security -- --times 3`. */
const TIMES = Number(process.env[TIMES_VARIABLE] ?? 1)

export function testCases(cases: readonly AttackCase[], options: ArenaOptions = {}): void {
  const scope = new Closers()
  // Started by the first test that runs: where none does, there is nothing to end.
  let starting: Promise<Arena> | undefined
  const arenaOf = () => {
    starting ??= startArena(scope, options)
    return starting
  }
  after(async () => {
    const arena = await starting?.catch(() => undefined)
    const children = arena?.host.children() ?? []
    await scope.close()
    await until('every child of the host ends', () => !children.some(isRunning))
  })
  for (const attack of cases)
    test(`${attack.id}: ${attack.title}`, ONLY_LINUX, async () => {
      for (let time = 0; time < TIMES; time++) {
        const outcome = await runCase(await arenaOf(), attack)
        const broken = brokenGuarantees(outcome, { isShared: options.isShared })
        assert.deepEqual(
          broken.map(({ guarantee, what }) => `${guarantee}: ${what}`),
          [],
        )
        record(rowOf(outcome, options))
      }
    })
}

function rowOf(outcome: CaseOutcome, { isShared = false }: ArenaOptions): Parameters<typeof record>[0] {
  const { attack, answer, restarts, before, during, host, recoveredMs = 0 } = outcome
  const replaced = restarts === 0 ? 'goes on' : 'replaced'
  return {
    id: attack.id,
    area: isShared ? 'plugins in one process' : 'plugins',
    title: attack.title,
    culprit: `${answer.status} after ${Math.round(answer.ms)} ms, ${replaced}, well ${Math.round(recoveredMs)} ms later`,
    neighbour: {
      requests: during.requests,
      failed: during.failed,
      ratio: during.medianMs / before.medianMs,
      slowestMs: during.slowestMs,
    },
    runtime: { pidUnchanged: host.isAlive, grewMb: host.grewMb },
    ...(attack.note !== undefined && { note: attack.note }),
  }
}
