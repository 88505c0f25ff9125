// Two plugins under light, steady load and a client of the admin API: none of them may notice an attack.
// Invariant: every answer is checked; one that is late is a slow answer, one that is wrong or missing is a failure.

import { median } from '../../bench/statistics.ts'
import type { PluginSource } from '../../support/runtime.ts'

export const NEIGHBOURS: readonly PluginSource[] = [
  {
    id: 'neighbour-reads',
    backend: `export default { async fetch(request, env) {
      if (request.method === 'PUT') { await env.kv.put('kept', await request.text()); return new Response('kept') }
      return new Response(await env.kv.get('kept'))
    } }`,
    manifest: { permissions: { kv: true } },
  },
  {
    id: 'neighbour-posts',
    backend: `let answers = 0
    export default { async fetch(request) { answers++; return new Response((await request.text()).toUpperCase()) } }`,
  },
]

/** The data of the first neighbour, which nothing else may change. */
const KEPT = 'what only the neighbour may change'

export interface Sample {
  /** When it was asked, on the clock of performance.now(). */
  readonly at: number
  readonly ms: number
  /** Why it failed; undefined when the answer was right. */
  readonly failure: string | undefined
}

export interface NeighbourFigures {
  readonly requests: number
  readonly failed: number
  /** `<probe> <why>`: "POST 503 …", one for each failure. */
  readonly failures: readonly string[]
  readonly medianMs: number
  readonly slowestMs: number
}

export interface Neighbours {
  /** What was measured from one moment to another. */
  between(from: number, to: number): NeighbourFigures
  /** Resolves when so many more answers have come from each. */
  settled(answers: number): Promise<void>
  /** Waits for what is under way. */
  stop(): Promise<void>
}

type Send = (path: string, init?: RequestInit) => Promise<Response>

/** Far longer than an answer takes on the busiest machine: no answer at all is a failure. */
const GIVE_UP_MS = 60_000
const EVERY_MS = 50
const ADMIN_EVERY_MS = 200

export async function startNeighbours(send: Send): Promise<Neighbours> {
  const samples: Sample[] = []
  const kept = await send('/plugins/neighbour-reads/api/', { method: 'PUT', body: KEPT })
  if ((await kept.text()) !== 'kept') throw new Error('The neighbour could not keep its value')
  const probes = [
    { name: 'GET', every: EVERY_MS, ask: () => send('/plugins/neighbour-reads/api/'), expect: KEPT },
    {
      name: 'POST',
      every: EVERY_MS,
      ask: () => send('/plugins/neighbour-posts/api/', { method: 'POST', body: 'heard' }),
      expect: 'HEARD',
    },
    {
      name: 'admin',
      every: ADMIN_EVERY_MS,
      ask: () => send('/api/v1/plugins'),
      expect: /neighbour-posts/,
    },
  ]
  let isStopped = false
  const loops = probes.map(async (probe) => {
    while (!isStopped) {
      const sample = await ask(probe)
      samples.push(sample)
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, probe.every - sample.ms)))
    }
  })
  return {
    between(from, to) {
      const found = samples.filter(({ at, ms }) => at + ms >= from && at <= to)
      const failures = found.flatMap(({ failure }) => failure ?? [])
      const times = found.map(({ ms }) => ms)
      return {
        requests: found.length,
        failed: failures.length,
        failures,
        medianMs: median(times),
        slowestMs: Math.max(0, ...times),
      }
    },
    async settled(answers) {
      const wanted = samples.length + answers
      while (samples.length < wanted && !isStopped) await new Promise((resolve) => setTimeout(resolve, 20))
    },
    async stop() {
      isStopped = true
      await Promise.all(loops)
    },
  }
}

interface Probe {
  readonly name: string
  readonly ask: () => Promise<Response>
  readonly expect: string | RegExp
}

async function ask(probe: Probe): Promise<Sample> {
  const at = performance.now()
  const found = await failureOf(probe)
  const failure = found === undefined ? undefined : `${probe.name} ${found}`
  return { at, ms: performance.now() - at, failure }
}

async function failureOf({ ask, expect }: Probe): Promise<string | undefined> {
  const late = AbortSignal.timeout(GIVE_UP_MS)
  try {
    const answer = ask().then(async (response) => ({ status: response.status, text: await response.text() }))
    const gaveUp = new Promise<never>((_, reject) =>
      late.addEventListener('abort', () => reject(late.reason)),
    )
    const { status, text } = await Promise.race([answer, gaveUp])
    if (status !== 200) return `${status} ${text.slice(0, 200)}`
    const isRight = typeof expect === 'string' ? text === expect : expect.test(text)
    return isRight ? undefined : `wrong answer: ${text.slice(0, 200)}`
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
    return `${String(error)}${cause}`
  }
}
