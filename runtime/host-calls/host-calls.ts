// Carries out host calls: one table of handlers, one authorize() before each.
// Invariant: a handler runs only when its grant is there; who the caller is comes from the instance, never from the call.

import { HOST_CALLS, type HostAnswer, type HostCallName, isHostCall } from '../../sdk/protocol/host-calls.ts'
import type { Permissions } from '../../sdk/protocol/permissions.ts'
import { PlugbayError } from '../errors.ts'
import { authorizeGuest } from '../permissions/authorize.ts'
import type { HostCallHandler, HostCallStreams, InstanceLimits } from '../sandbox/types.ts'
import type { SecretHandles } from './secrets.ts'

/** On whose behalf a call is made. */
export interface Caller {
  readonly pluginId: string
  readonly grants: Permissions
  readonly limits: InstanceLimits
  readonly secrets: SecretHandles
}

export type Handler = (
  caller: Caller,
  args: readonly unknown[],
  body: Uint8Array | undefined,
  streams: HostCallStreams,
) => Promise<HostAnswer>

export type Handlers = Readonly<Record<HostCallName, Handler>>

/** Binds the handlers to a caller. */
export function hostCallsFor(caller: Caller, handlers: Handlers): HostCallHandler {
  return async (method, args, body, streams) => {
    if (!isHostCall(method))
      throw new PlugbayError('HOST_CALL_UNKNOWN', `There is no host call "${method.slice(0, 64)}"`)
    authorizeGuest(caller.grants, { permission: HOST_CALLS[method].permission })
    return await handlers[method](caller, args, body, streams)
  }
}
