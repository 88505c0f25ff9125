// An embedding application's own server: clients of streams come and go without a word in any log.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { createApp } from '../../../runtime/app.ts'
import { ADMIN_TOKEN, api, install, startTestRuntime, until } from '../../support/runtime.ts'

const TICKS = `
let open = 0
export default {
  fetch(request) {
    if (request.url.endsWith('/open')) return new Response(String(open))
    let timer
    open++
    const body = new ReadableStream({
      start(controller) {
        const tick = () => controller.enqueue(new TextEncoder().encode(': tick\\n\\n'))
        tick()
        timer = setInterval(tick, 20)
      },
      cancel() {
        open--
        clearInterval(timer)
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  },
}
`
const WAYS_OUT: readonly ((socket: Socket) => void)[] = [
  (socket) => socket.destroy(),
  (socket) => socket.resetAndDestroy(),
  (socket) => socket.end(),
]

test('clients of event streams leave an embedding server: nothing is printed, and no plugin is blamed', async (t) => {
  const printed = t.mock.method(console, 'error', () => undefined)
  const runtime = await startTestRuntime(t)
  await install(runtime, { id: 'ticks', backend: TICKS })
  const host = new Hono().route('/', createApp(runtime, { basePath: '/tools' }))
  const server = createServer(getRequestListener(host.fetch, { overrideGlobalObjects: false }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const name = `127.0.0.1:${port}`

  for (const path of ['/plugins/ticks/api/', '/api/v1/events']) {
    for (const leave of WAYS_OUT) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write(
        `GET /tools${path} HTTP/1.1\r\nHost: ${name}\r\nAuthorization: Bearer ${ADMIN_TOKEN}\r\n\r\n`,
      )
      const [head] = await once(socket, 'data')
      assert.match(String(head), /^HTTP\/1\.1 200 /, path)
      leave(socket)
    }
  }
  await until('the plugin to know that all have left', async () => {
    const response = await fetch(`http://${name}/tools/plugins/ticks/api/open`)
    return (await response.text()) === '0'
  })
  assert.deepEqual(
    printed.mock.calls.map(({ arguments: [first] }) => String(first)),
    [],
  )
  const log = (await (await api(runtime, '/plugins/ticks/logs')).json()) as {
    readonly items: readonly unknown[]
  }
  assert.deepEqual(log.items, [])
})
