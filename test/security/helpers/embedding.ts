// An application that embeds a runtime, on a Node server of its own.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import type { Scope } from '../../support/scope.ts'

/** Listens on a loopback address until the test ends; resolves with the port. */
export async function listenWith(t: Scope, host: Hono): Promise<number> {
  const server = createServer(getRequestListener(host.fetch, { overrideGlobalObjects: false }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
