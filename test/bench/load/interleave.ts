// Servers in turn, round after round, in reversed order every other round: what drifts, drifts for all.

import type { MeasuredServer } from '../processes/server-process.ts'

export type Servers = ReadonlyMap<string, MeasuredServer>

/** By server, one sample a round. */
export type Samples<Sample> = Readonly<Record<string, readonly Sample[]>>

export interface Turns<Sample> {
  readonly rounds: number
  /** Before the first round, of every server. */
  warmUp(server: MeasuredServer): Promise<unknown>
  sample(server: MeasuredServer): Promise<Sample>
}

export async function interleave<Sample>(servers: Servers, turns: Turns<Sample>): Promise<Samples<Sample>> {
  const samples: Record<string, Sample[]> = {}
  for (const [name, server] of servers) {
    samples[name] = []
    await turns.warmUp(server)
  }
  for (let turn = 0; turn < turns.rounds; turn++) {
    const order = turn % 2 === 0 ? [...servers] : [...servers].reverse()
    for (const [name, server] of order) samples[name]?.push(await turns.sample(server))
  }
  return samples
}
