// npm run durability: kills the runtime and its processes again and again under load, and tells whether anything was lost.
// node test/durability/main.ts --rounds 200 --seed 1, or --schedules 1000 --rounds 20 for background tasks. Exit 1 when something is wrong.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Closers } from '../support/scope.ts'
import { runRounds } from './rounds.ts'
import { runTaskRounds } from './task-rounds.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    /** Instead of the load: so many schedules, which are killed `rounds` times. */
    schedules: { type: 'string' },
    /** Kept when it is named. */
    data: { type: 'string' },
  },
})
const rounds = Number(values.rounds)
const scope = new Closers()
const data = values.data ?? (await mkdtemp(join(tmpdir(), 'plugbay-durability-')))
if (values.data === undefined) scope.after(() => rm(data, { recursive: true, force: true }))

const started = performance.now()
try {
  await (values.schedules === undefined ? killUnderLoad() : killTasks(Number(values.schedules)))
} finally {
  await scope.close()
}

async function killTasks(schedules: number): Promise<void> {
  const { kills, runs, wrong } = await runTaskRounds(scope, {
    data,
    schedules,
    kills: rounds,
    seed: Number(values.seed),
  })
  process.stdout.write(
    `${schedules} schedules, ${runs} runs; killed ${kills.runtime} times the runtime, ${kills.sandbox} a sandbox process, ${kills.data} a data process\n` +
      (wrong.length === 0
        ? 'No schedule was lost or doubled, and nothing ran twice under one lease\n'
        : `\n${wrong.join('\n')}\n`),
  )
  if (wrong.length > 0) process.exitCode = 1
}

async function killUnderLoad(): Promise<void> {
  const report = await runRounds(scope, {
    data,
    rounds,
    seed: Number(values.seed),
    onRound(round, victim) {
      const seconds = Math.round((performance.now() - started) / 1000)
      process.stdout.write(`round ${round + 1} of ${rounds}: killed ${victim} (${seconds} s)\n`)
    },
  })
  const { kills, wrong } = report
  process.stdout.write(
    `\n${rounds} rounds: ${kills.runtime} times the runtime, ${kills.sandbox} a sandbox process, ${kills.data} a data process\n` +
      `${report.promised} writes, ${report.settings} settings and ${report.uploads} uploads promised; ${report.failures} requests without success\n` +
      (wrong.length === 0 ? 'Nothing was lost, damaged or left behind\n' : `\n${wrong.join('\n')}\n`),
  )
  if (wrong.length > 0) process.exitCode = 1
}
