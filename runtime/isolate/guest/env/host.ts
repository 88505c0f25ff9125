// env.host: calls functions of the application. The host checks grant, argument and result.

import type { Host } from '../../../../sdk/plugin-api/host.ts'
import type { StreamingCall } from './streaming-call.ts'

export function createHost(call: StreamingCall): Host {
  return Object.freeze({
    async call(name: string, args: unknown, body?: unknown) {
      const { head, stream } = await call('host.call', [name, args], body)
      return stream ?? head
    },
  }) as Host
}
