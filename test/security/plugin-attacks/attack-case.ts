// What an attack is: data. The snippet runs inside `async function attack(request, env, ctx)` of a real plugin;
// `url`, `sleep(ms)` and `log(value)` are in scope. Numbers and texts that it returns become the answer's text.

import type { Arena, GuiltyAnswer } from './arena.ts'

export interface AttackCase {
  /** As in the list of attacks: R01 to R80 for snippets, 21 to 70 for the others, with a letter where one has parts. */
  readonly id: string
  readonly title: string
  readonly attack: string
  /** Code of the module, before the handler. */
  readonly before?: string
  /** More of the manifest. */
  readonly manifest?: Readonly<Record<string, unknown>>
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  /** Statuses that the culprit request may be answered with. */
  readonly answers: readonly number[]
  /** What an answer of 200 must say. */
  readonly says?: RegExp
  /** Whether the isolate or its process must have been replaced. */
  readonly isReplaced?: true
  /** Does the attack from outside instead of the one GET; `send` is that GET. */
  readonly drive?: (arena: Arena, id: string, send: () => Promise<GuiltyAnswer>) => Promise<GuiltyAnswer>
  /** Rows of the audit log that the case makes itself, by what an administrator does in it. */
  readonly auditRows?: number
  /** Where a case stands for a limit of what can be contained: why. */
  readonly note?: string
}

/** A plugin that answers "fine" at /fine, and attacks at every other path. */
export function backendOfAttack({ attack, before = '' }: Pick<AttackCase, 'attack' | 'before'>): string {
  return `const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const log = (value) => console.log(value)
${before}
async function attack(request, env, ctx, url) {
  ${attack}
}
export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url)
    if (url.pathname === '/fine') return new Response('fine')
    const value = await attack(request, env, ctx, url)
    return ['number', 'string', 'boolean'].includes(typeof value) ? new Response(String(value)) : value
  },
}
`
}

/** Names of plugins are lower case. */
export function pluginIdOf({ id }: Pick<AttackCase, 'id'>): string {
  return `attack-${id.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`
}

/** A drive that sends the attack and waits until its isolate has been replaced; the checks say so when it has not been. */
export async function untilReplaced(
  arena: Arena,
  id: string,
  send: () => Promise<GuiltyAnswer>,
): Promise<GuiltyAnswer> {
  const answer = await send()
  // Who is stopped for the CPU time that it used is stopped late on a machine that gives it little.
  const end = performance.now() + 4 * arena.patienceMs
  while (performance.now() < end) {
    const found = (await (await arena.api(`/plugins/${id}`)).json()) as { resources?: { restarts?: number } }
    if ((found.resources?.restarts ?? 0) > 0) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return answer
}
