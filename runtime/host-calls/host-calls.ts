// Executes host calls: one table of handlers, one authorize() before each.
// Invariant: a handler runs only with its grant; the identity of the caller comes from the instance, never from the call.

import type { Permissions } from '../../sdk/permissions/permissions.ts'
import type {
  HostCallName,
  HostCallResult,
  RelayedCallName,
  RelayedResult,
} from '../../sdk/protocol/host-calls.ts'
import { authorizeGuest } from '../permissions/authorize.ts'
import type { HostCallHandler, HostCallStreams, InstanceLimits } from '../sandbox/types.ts'
import type { SecretHandles } from './secrets.ts'

/** The plugin that makes a call. */
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
) => Promise<HostCallResult>

/** For a relayed row: the arguments are text, which the receiving process parses. */
export type RelayHandler = (
  caller: Caller,
  args: string,
  body: Uint8Array | undefined,
) => Promise<RelayedResult>

export type Handlers = {
  readonly [Name in HostCallName]: Name extends RelayedCallName ? RelayHandler : Handler
}

/** Binds the handlers to a caller. */
export function hostCallsFor(caller: Caller, handlers: Handlers): HostCallHandler {
  return async (row, args, body, streams) => {
    authorizeGuest(caller.grants, { permission: row.permission })
    // The arguments of a row match its handler, because `relay` decides both.
    const handler = handlers[row.name] as (...given: unknown[]) => Promise<HostCallResult | RelayedResult>
    return await handler(caller, args, body, streams)
  }
}
