// The attacks of test/security/plugin-attacks, one after the other in an order that the seed chooses, without end: each is a
// plugin that comes, is asked once, and goes. Those that need a hand from outside are left to their own suite.

import { ATTACK_LIMITS } from '../security/plugin-attacks/arena.ts'
import { type AttackCase, backendOfAttack, pluginIdOf } from '../security/plugin-attacks/attack-case.ts'
import { ESCAPE_CASES } from '../security/plugin-attacks/cases/escape.ts'
import { HOST_CASES } from '../security/plugin-attacks/cases/host.ts'
import { MEMORY_CASES } from '../security/plugin-attacks/cases/memory.ts'
import { PROCESSOR_CASES } from '../security/plugin-attacks/cases/processor.ts'
import { WEB_API_CASES } from '../security/plugin-attacks/cases/web-apis.ts'
import { randomOf } from '../support/random.ts'
import { pluginZip } from '../support/runtime.ts'

/** Beside what a case allows: the machine is busy, and the plugin may be stopped before it has answered. */
const ENDED = [502, 503, 504]

export interface Attack {
  readonly id: string
  readonly path: string
  readonly zip: Uint8Array<ArrayBuffer>
  /** What is wrong with an answer; undefined when it is one that the case allows. */
  judge(status: number, text: string): string | undefined
}

/** Every case once, in an order of their own, then again in another. */
export function* attacks(seed: number): Generator<Attack, never> {
  const cases = [...PROCESSOR_CASES, ...MEMORY_CASES, ...HOST_CASES, ...ESCAPE_CASES, ...WEB_API_CASES]
  const random = randomOf(seed)
  for (;;) for (const one of shuffled(cases, random)) yield attackOf(one)
}

function attackOf(one: AttackCase): Attack {
  const id = pluginIdOf(one)
  return {
    id,
    path: `/plugins/${id}/api/attack`,
    zip: pluginZip({
      id,
      backend: backendOfAttack(one),
      manifest: { limits: ATTACK_LIMITS, ...one.manifest },
      ...(one.files !== undefined && { files: one.files }),
    }),
    judge(status, text) {
      if (![...one.answers, ...ENDED].includes(status)) return `answered ${status}: ${text.slice(0, 200)}`
      if (status === 200 && one.says !== undefined && !one.says.test(text))
        return `says ${text.slice(0, 200)}`
      return undefined
    },
  }
}

/** Fisher and Yates's shuffle. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items]
  return items.flatMap(() => left.splice(Math.floor(random() * left.length), 1))
}
