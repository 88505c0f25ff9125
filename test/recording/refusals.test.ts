// Requests that the runtime answers before the plugin has them are in the recording of their plugin, with status, code and reason.

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import type { RecordedCall } from '../../sdk/api/recordings.ts'
import { startDevPlugin } from '../dev/dev-plugin.ts'
import { sharedScope } from '../support/scope.ts'
import { type AskApi, signIn } from './sign-in.ts'

const BACKEND = `
export default {
  async fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname === '/reads') return new Response(String((await request.arrayBuffer()).byteLength))
    return new Response('There is none', { status: 404 })
  },
}
`
const SOURCE = {
  backend: BACKEND,
  files: { 'frontend/index.html': '<!doctype html><title>Desk</title>' },
}
const LARGE = 1024 ** 3

const scope = sharedScope()

/** Oldest first. */
async function recorded(ask: AskApi): Promise<readonly RecordedCall[]> {
  const response = await ask('/plugins/desk/recording')
  assert.equal(response.status, 200)
  return (await response.json()).items.reverse()
}

const inShort = ({ title, status, outcome, reached, message }: RecordedCall) =>
  `${reached ? 'reached' : 'refused'} ${title} ${status} ${outcome}${message === undefined ? '' : `: ${message}`}`

/** A request that no client would send. */
async function send(port: number, lines: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.end(`${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`)
  await new Promise((resolve) => socket.once('close', resolve))
  return text.split('\r\n', 1)[0] ?? ''
}

test('what a signed-in visitor is refused, and what the plugin answers itself', async () => {
  const dev = await startDevPlugin(
    scope,
    {
      ...SOURCE,
      id: 'desk',
      manifest: {
        access: 'user',
        contributes: {
          menus: [{ menu: 'shell.main', title: 'Till', path: '/till', permissions: ['till.open'] }],
        },
      },
    },
    { visitor: { name: 'ada', permissions: [], kind: 'application' } },
  )
  const ask = await signIn(dev)
  const { port } = dev
  const statuses = [
    (await dev.get('/api/none')).status,
    (await dev.get('/api/till?token=very')).status,
    (await dev.get('/nothing.css')).status,
    (await dev.get('/', { method: 'DELETE' })).status,
    await send(port, [
      'POST /plugins/desk/api/reads HTTP/1.1',
      `Host: localhost:${port}`,
      `Content-Length: ${LARGE}`,
    ]),
    (await dev.get(`/api/reads?${'x'.repeat(9000)}`)).status,
    (await dev.get('/api/..%2fpasswd')).status,
    await send(port, ['GET /plugins/desk/api/none HTTP/1.1', 'Host: plugins.example']),
    await send(port, ['GET / HTTP/1.1', 'Host: desk.plugins.example']),
    await send(port, ['GET /plugins/nobody/ HTTP/1.1', 'Host: plugins.example']),
  ]
  assert.deepEqual(statuses, [
    ...[404, 403, 404, 405, 'HTTP/1.1 413 Payload Too Large', 414, 400],
    ...Array(3).fill('HTTP/1.1 421 Misdirected Request'),
  ])
  const found = await recorded(ask)
  const long = found.find(({ status }) => status === 414)
  assert.deepEqual(found.filter((call) => call !== long).map(inShort), [
    'reached GET /none 404 ok',
    'refused GET /till?token=••• 403 FORBIDDEN: An item of a menu leads there, and needs permissions that the visitor lacks',
    'refused GET /nothing.css 404 NOT_FOUND: The frontend has no file "nothing.css"',
    'refused DELETE / 405 METHOD_NOT_ALLOWED: Pages and files take GET and HEAD; the backend is below /api/',
    'refused POST /reads 413 BODY_TOO_LARGE: The request body is too large. Send less',
    'refused GET /plugins/desk/api/..%2fpasswd 400 BAD_REQUEST: The request is not valid. Compare it with /api/v1/openapi.json',
    'refused GET /plugins/desk/api/none 421 MISDIRECTED: The server does not answer under "plugins.example": see "publicUrl"',
    'refused GET / 421 MISDIRECTED: The server does not answer under "desk.plugins.example": see "publicUrl"',
  ])
  assert.equal(long?.reached, false)
  assert.ok((long?.title.length ?? Number.POSITIVE_INFINITY) < 500, 'a long address is cut')
  assert.deepEqual(
    found.slice(0, 3).map(({ user }) => user),
    ['ada', 'ada', 'ada'],
  )
})

test('a stranger is refused, and the list stays short whatever is asked', async () => {
  const dev = await startDevPlugin(
    scope,
    { ...SOURCE, id: 'desk', manifest: { access: 'user' } },
    { visitor: null },
  )
  const ask = await signIn(dev)
  assert.equal((await dev.get('/api/none')).status, 401)
  assert.equal((await dev.get('/')).status, 401)
  assert.deepEqual((await recorded(ask)).map(inShort), [
    'refused GET /none 401 UNAUTHENTICATED: "access" is "user", and nobody is signed in',
    'refused GET / 401 UNAUTHENTICATED: "access" is "user", and nobody is signed in',
  ])
  for (let n = 0; n < 210; n++) await (await dev.get(`/api/${n}`)).text()
  const found = await recorded(ask)
  assert.deepEqual([found.length, found.at(-1)?.title], [200, 'GET /209'])
})
