// env.host: calls functions of the application. The host checks grant, argument and result.

import type { Host } from '../../../../sdk/plugin-api/host.ts'
import type { HostCall } from './host-calls.ts'

export function createHost(call: HostCall): Host {
  return Object.freeze({
    call: async (name: string, args: unknown) => (await call('host.call', [name, args])).head,
  }) as Host
}
