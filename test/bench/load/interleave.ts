// Servers in turn, round after round, in reversed order every other round: what drifts, drifts for all.

import type { MeasuredServer } from '../processes/server-process.ts'

export type Servers = ReadonlyMap<string, MeasuredServer>

/** By server, one sample a round. */
export type Samples<Sample> = Readonly<Record<string, readonly Sample[]>>

export interface Turns<Sample, Server = MeasuredServer> {
  readonly rounds: number
  /** Before the first round, of every server. */
  warmUp(server: Server): Promise<unknown>
  sample(server: Server): Promise<Sample>
}

/** @param servers or whatever else is compared, by name */
export async function interleave<Sample, Server = MeasuredServer>(
  servers: ReadonlyMap<string, Server>,
  turns: Turns<Sample, Server>,
): Promise<Samples<Sample>> {
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
