// Takes a release out of service: what its backend may still do, and when it is over.
// Invariant: authority is taken away before the first await; what is left of the release can then only lose it.

import type { HostCalls } from '../../host-calls/host-calls.ts'
import type { PluginRunner } from '../../sandbox/runner/plugin-runner.ts'
import type { Retirement } from '../../sandbox/types.ts'

export interface Retired {
  /** Resolves when a replaced release can change nothing any more, a withdrawn one can do nothing. Never rejects. */
  readonly settled: Promise<void>
  /** Resolves when nothing of it is left: readers of its files have ended too. Rejects when the artifact could not be closed. */
  readonly stopped: Promise<void>
}

export interface RetiringParts {
  /** null without a backend, or without tasks. */
  readonly backends: readonly (Pick<PluginRunner, 'retire'> | null)[]
  readonly hostCalls: HostCalls
  /** `full`: a replaced release may finish what it has begun, writes included. */
  readonly drain: 'reads' | 'full'
  readonly closeArtifact: () => Promise<void>
}

export function retireRelease(parts: RetiringParts, how: Retirement): Retired {
  const { backends, hostCalls, drain, closeArtifact } = parts
  if (how === 'withdrawn') hostCalls.end()
  else if (how === 'replaced' && drain === 'reads') hostCalls.replace()
  // With its instance, the requests of a withdrawn release to other servers are aborted.
  const ended = Promise.all(backends.map((backend) => backend?.retire(how)))
  const settle = async () => {
    if (how === 'withdrawn') await ended
    await hostCalls.settled()
  }
  const finish = async () => {
    await ended
    hostCalls.end()
    await hostCalls.settled()
    await closeArtifact()
  }
  return { settled: settle(), stopped: finish() }
}
