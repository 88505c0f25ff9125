// serve(runtime): a listener of its own, for applications without a Node server.

import type { ConnectionLimits } from './http/server/connection-guard.ts'
import type { Listening } from './http/server/node-server.ts'
import type { Runtime } from './runtime.ts'

/** Listens on behalf of a runtime that its creator will close. */
export async function serve(
  runtime: Runtime,
  connections: Partial<ConnectionLimits> = {},
): Promise<Listening> {
  return await runtime.http.listen({ connections })
}
