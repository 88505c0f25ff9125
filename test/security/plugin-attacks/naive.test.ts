// The negative control: on a host that is no more than isolates with a timeout, the same attacks must be found to break
// the same guarantees. A suite that passes there would prove nothing here.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startArena } from './arena.ts'
import type { AttackCase } from './attack-case.ts'
import { ESCAPE_CASES } from './cases/escape.ts'
import { HOST_CASES } from './cases/host.ts'
import { MEMORY_CASES } from './cases/memory.ts'
import { PROCESSOR_CASES } from './cases/processor.ts'
import { brokenGuarantees, type Guarantee } from './guarantees.ts'
import { runCase } from './run-case.ts'
import { ONLY_LINUX } from './suite.ts'

const ENTRY = new URL('../naive-host/main.ts', import.meta.url)
const CASES = [...PROCESSOR_CASES, ...MEMORY_CASES, ...HOST_CASES, ...ESCAPE_CASES]

/** What must be found broken there: at least these. */
const BROKEN: Readonly<Record<string, readonly Guarantee[]>> = {
  // Nothing stops what runs after the first await.
  R03: ['G2', 'G4'],
  R04: ['G2'],
  R41: ['G4'],
  // Memory outside the heap has no limit.
  R52: ['G0'],
  // The error names its position in the host.
  R18: ['G2', 'G5'],
  // A host function that rejects at once is an unhandled rejection: everyone dies.
  56: ['G0', 'G1'],
}

for (const [id, guarantees] of Object.entries(BROKEN))
  test(`${id} is found to break ${guarantees.join(' and ')} on a naive host`, ONLY_LINUX, async (t) => {
    const arena = await startArena(t, { entry: ENTRY, patienceMs: 3000 })
    // It cannot even end by itself while a thread loops.
    t.after(() => arena.host.kill())
    const outcome = await runCase(arena, caseOf(id))
    const broken = brokenGuarantees(outcome)
    const found = new Set(broken.map(({ guarantee }) => guarantee))
    for (const guarantee of guarantees)
      assert.ok(found.has(guarantee), `${guarantee} is said to hold: ${JSON.stringify(broken)}`)
  })

test(
  'an honest plugin breaks nothing there: it is the attacks that the checks see',
  ONLY_LINUX,
  async (t) => {
    const arena = await startArena(t, { entry: ENTRY, patienceMs: 10_000 })
    const honest: AttackCase = {
      id: '0',
      title: 'none',
      attack: 'return "well"',
      answers: [200],
      says: /^well$/,
    }
    assert.deepEqual(brokenGuarantees(await runCase(arena, honest)), [])
  },
)

function caseOf(id: string): AttackCase {
  const found = CASES.find((one) => one.id === id)
  if (found === undefined) throw new Error(`There is no case ${id}`)
  return found
}
