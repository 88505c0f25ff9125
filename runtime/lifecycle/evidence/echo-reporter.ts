// Reports secrets that came back in responses of other servers.
// Invariant: the line names the secret and the server, never the value; a server that echoes all the time does not fill the log.

import type { SecretEcho } from '../../host-calls/host-calls.ts'
import type { PluginLog } from './plugin-log.ts'

/** A secret of one origin and place is reported once in this time. */
const AGAIN_AFTER_MS = 60_000

const PLACES = { head: 'its headers', body: 'its body' } as const

export function createEchoReporter(log: PluginLog): (echo: SecretEcho) => void {
  const reportedAt = new Map<string, number>()
  return ({ name, origin, place }) => {
    const key = JSON.stringify([name, origin, place])
    const now = performance.now()
    const last = reportedAt.get(key)
    if (last !== undefined && now - last < AGAIN_AFTER_MS) return
    reportedAt.set(key, now)
    log.write({
      level: 'warn',
      message: `A response of "${origin}" held the secret "${name}" in ${PLACES[place]}. It was masked; a server that gives secrets back should not get any (docs/network.md)`,
    })
  }
}
