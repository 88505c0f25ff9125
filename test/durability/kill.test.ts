// A few rounds of what "npm run durability" does two hundred times.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { temporaryFolder } from '../support/runtime.ts'
import { runRounds } from './rounds.ts'

const ROUNDS = 12
const ONLY_LINUX = process.platform === 'linux' ? {} : { skip: 'looks into /proc' }

test(`${ROUNDS} kills at random moments of a load lose, damage and leave nothing`, ONLY_LINUX, async (t) => {
  const report = await runRounds(t, { data: await temporaryFolder(t), rounds: ROUNDS, seed: 20261121 })
  assert.deepEqual(report.wrong, [])
  const { kills, promised, settings, uploads } = report
  assert.ok(kills.runtime > 0 && kills.sandbox > 0 && kills.data > 0, JSON.stringify(kills))
  assert.ok(promised > 100 && settings > 5 && uploads > 5, JSON.stringify(report))
})
