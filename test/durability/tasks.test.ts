// A few of the kills that "npm run durability -- --schedules 1000" does twenty of.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { temporaryFolder } from '../support/runtime.ts'
import { runTaskRounds } from './task-rounds.ts'

const ONLY_LINUX = process.platform === 'linux' ? {} : { skip: 'looks into /proc' }

test(
  'kills at random moments lose no schedule, double none, and run nothing twice under one lease',
  ONLY_LINUX,
  async (t) => {
    const data = await temporaryFolder(t)
    const { wrong, kills, runs } = await runTaskRounds(t, { data, kills: 4, schedules: 60, seed: 20261129 })
    assert.deepEqual(wrong, [])
    assert.ok(kills.runtime >= 2 && kills.sandbox + kills.data + kills.runtime === 4, JSON.stringify(kills))
    assert.ok(runs >= 60, String(runs))
  },
)
