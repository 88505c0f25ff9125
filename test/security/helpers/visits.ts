// Requests to neighbours, one after the other for each, while a culprit is at work: how long each neighbour waited, by its own clock.

import type { Client } from '../../support/runtime.ts'
import type { NeighbourRecord } from './record.ts'

export interface Visits {
  /** Milliseconds, as each answer tells them. */
  readonly waits: readonly number[]
  readonly statuses: ReadonlySet<number>
}

/** @param ids plugins that answer with the milliseconds that they waited for what is measured */
export async function visit(client: Client, ids: readonly string[], forMs: number): Promise<Visits> {
  const waits: number[] = []
  const statuses = new Set<number>()
  const end = performance.now() + forMs
  const visitor = async (id: string): Promise<void> => {
    while (performance.now() < end) {
      const response = await client.fetch(`/plugins/${id}/api/`)
      statuses.add(response.status)
      waits.push(Number(await response.text()))
    }
  }
  await Promise.all(ids.map(visitor))
  return { waits, statuses }
}

/** What neighbours noticed, for a test that has checked that every answer was right. */
export function noticed(before: Visits, during: Visits): NeighbourRecord {
  return {
    requests: during.waits.length,
    failed: 0,
    ratio: median(during.waits) / median(before.waits),
    slowestMs: Math.max(...during.waits),
  }
}

/** "1674 reads: half within 2.8 ms, slowest 147 ms; before: 12.3 and 92 ms" */
export function describeVisits(what: string, before: Visits, during: Visits): string {
  const of = ({ waits }: Visits) => [median(waits).toFixed(1), Math.max(...waits).toFixed(0)] as const
  const [half, slowest] = of(during)
  const [halfBefore, slowestBefore] = of(before)
  return `${during.waits.length} ${what}: half within ${half} ms, slowest ${slowest} ms; before: ${halfBefore} and ${slowestBefore} ms`
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
