// What must hold whatever a plugin does, G0 to G8, checked on the outcome of a case.
// The same checks judge the real host and the naive one: see ../naive-host.

import type { CaseOutcome } from './run-case.ts'

export type Guarantee = 'G0' | 'G1' | 'G2' | 'G3' | 'G4' | 'G5' | 'G6' | 'G7' | 'G8'

export interface Broken {
  readonly guarantee: Guarantee
  readonly what: string
}

const MAX_GROWTH_MB = 256
const MAX_LOG_LINE = 9000
const MAX_AUDIT_ROWS = 5
/** Words of the inside: a path of Node's, of this project's code or of its libraries. */
const INSIDE = /node:internal|isolated-vm|\/node_modules\/|\/runtime\/[a-z]|sandbox-process|plugin-runner/

/** Allowed responses to a neighbour in the same process whose request may have changed something. */
const LOST_WITH_PROCESS = /^POST 503 .*"PLUGIN_UNAVAILABLE"/s

/**
 * Everything that did not hold; empty when all is well.
 * @param isShared the neighbours had to live in one process with the culprit one
 */
export function brokenGuarantees(outcome: CaseOutcome, { isShared = false } = {}): Broken[] {
  const { attack, answer, host, during, log } = outcome
  const broken: Broken[] = []
  const demand = (guarantee: Guarantee, holds: boolean, what: string) => {
    if (!holds) broken.push({ guarantee, what })
  }
  demand('G0', host.isAlive, 'the process of the host has ended')
  demand('G0', host.complaints.length === 0, `the host complains: ${host.complaints.slice(0, 3).join(' | ')}`)
  demand('G0', host.grewMb <= MAX_GROWTH_MB, `the host grew by ${host.grewMb} MB`)

  const failures = during.failures.filter((text) => !isShared || !LOST_WITH_PROCESS.test(text))
  const told = [...new Set(failures)].slice(0, 3).join(' | ')
  demand(
    'G1',
    failures.length === 0,
    `${failures.length} of ${during.requests} requests to neighbours failed: ${told}`,
  )

  demand(
    'G2',
    attack.answers.includes(answer.status),
    `the attack was answered ${answer.status}, not ${attack.answers.join(' or ')}: ${answer.text.slice(0, 300)}`,
  )
  const isProblem = answer.contentType.startsWith('application/problem+json')
  demand('G2', answer.status < 500 || isProblem, `the error is "${answer.contentType}", no problem document`)
  if (attack.says !== undefined && answer.status === 200)
    demand('G6', attack.says.test(answer.text), `the attack says ${answer.text.slice(0, 1000)}`)

  demand('G3', outcome.recoveredMs !== undefined, `no good answer afterwards; state ${outcome.state}`)
  demand('G3', attack.isReplaced !== true || outcome.restarts > 0, 'nothing was replaced')
  demand('G4', outcome.isIdle, 'the processors did not come to rest')

  const seen = [answer.text, ...log.flatMap(({ message, stack }) => [message, stack ?? ''])]
  for (const text of seen) {
    const inside = text.match(INSIDE)
    demand('G5', inside === null, `something of the inside is seen: ${inside?.[0]} in ${text.slice(0, 200)}`)
    for (const secret of outcome.secrets)
      demand('G6', !text.includes(secret), `a secret is seen: ${text.slice(0, 200)}`)
  }
  demand('G6', outcome.touched.length === 0, `reached: ${outcome.touched.join(', ')}`)

  const longest = Math.max(0, ...log.map(({ message }) => message.length))
  demand('G7', longest <= MAX_LOG_LINE, `a log line of ${longest} characters`)
  demand(
    'G7',
    outcome.auditRows <= MAX_AUDIT_ROWS + (attack.auditRows ?? 0),
    `${outcome.auditRows} rows in the audit log`,
  )

  const strangers = outcome.installed.filter((id) => !id.startsWith('neighbour-'))
  demand('G8', strangers.length === 0, `left behind: ${strangers.join(', ')}`)
  demand('G8', outcome.installed.length === 2, `${outcome.installed.length} plugins are installed, not 2`)
  return broken
}
