// The list of upgrade steps that a backend exports, behind one handler: its first argument is the index of the step.
// Invariant: the list is read once, when the backend has loaded; a list that is none keeps the backend from loading.

import type { GuestExports } from '../../../../sdk/protocol/guest-calls.ts'
import {
  MAX_UPGRADE_RANGE,
  MAX_UPGRADE_STEPS,
  upgradeExport,
} from '../../../../sdk/protocol/upgrade-steps.ts'
import { apply } from '../web/base/primordials.ts'
import type { Handler } from './exports.ts'

export interface FoundSteps {
  readonly handler: Handler
  readonly exports: GuestExports
}

const EXAMPLE = "upgrade: [{ from: '<2.0.0', async run(env) { … } }]"

/** Undefined without a list. @throws TypeError for anything but a list of steps, and what a getter of the plugin throws */
export function findUpgradeSteps(list: unknown): FoundSteps | undefined {
  if (list === undefined) return undefined
  if (!Array.isArray(list))
    throw new TypeError(`"lifecycle.upgrade" is not a list of steps, such as ${EXAMPLE}`)
  if (list.length > MAX_UPGRADE_STEPS)
    throw new TypeError(`"lifecycle.upgrade" has more than ${MAX_UPGRADE_STEPS} steps`)
  const exports: string[] = ['lifecycle.upgrade']
  const steps: Handler[] = []
  for (let index = 0; index < list.length; index++) {
    const { from, handler } = stepOf(list[index], index)
    exports.push(upgradeExport({ index, from }))
    steps.push(handler)
  }
  const method = (index: unknown, ...rest: unknown[]): unknown => {
    const step = steps[Number(index)]
    if (step === undefined) throw new TypeError('There is no such upgrade step')
    return apply(step.method, step.owner, rest)
  }
  return { handler: { owner: undefined, method }, exports }
}

function stepOf(step: unknown, index: number): { readonly from: string; readonly handler: Handler } {
  const { from, run } = (typeof step === 'object' && step !== null ? step : {}) as Readonly<
    Record<string, unknown>
  >
  const where = `"lifecycle.upgrade[${index}]"`
  if (typeof from !== 'string' || from === '' || from.length > MAX_UPGRADE_RANGE)
    throw new TypeError(`${where} has no "from", a range of versions such as "<2.0.0"`)
  if (typeof run !== 'function') throw new TypeError(`${where} has no function "run"`)
  return { from, handler: { owner: step, method: run as Handler['method'] } }
}
