// Authority is looked up, not remembered: what a token, a session or a user was given ends with it.
// For each way to end: from the answer of the command on there is no frame on a socket, no byte of an open answer, no page token,
// no event of the admin API. Nothing is timed: what is sent after the answer must reach a bystander, and no other visitor.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { Principal } from '../../runtime/permissions/principal.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { readEvents } from '../support/event-reader.ts'
import { type Client, install, send, startTestRuntime, until, WAYS } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { refused, socketBackend, visit } from '../support/sockets.ts'
import { record } from './helpers/record.ts'

/** Sends the body of "/say" to every socket and stream. */
const ROOM = socketBackend(
  `server.accept(); sockets.add(server); server.send('here')`,
  `if (url.pathname === '/stream') {
     const { readable, writable } = new TransformStream()
     const writer = writable.getWriter()
     writer.write(bytes('here '))
     streams.add(writer)
     return new Response(readable)
   }
   if (url.pathname === '/say') {
     const text = await request.text()
     for (const socket of sockets) socket.send(text)
     for (const writer of streams) writer.write(bytes(text)).catch(() => streams.delete(writer))
   }
   return new Response('ok')`,
  `const sockets = new Set(), streams = new Set()
   const bytes = (text) => new TextEncoder().encode(text)`,
)
const PAGE = '<!doctype html><html><head></head><body></body></html>'
const APP_COOKIE = 'app=ada'

async function vouch(request: Request): Promise<Principal | null> {
  const isAda = request.headers.get('cookie')?.includes(APP_COOKIE) ?? false
  return isAda ? { name: 'Ada', permissions: ['events.view'], kind: 'application' } : null
}

const scope = sharedScope()
let runtime: Runtime
let client: Client

before(async () => {
  runtime = await startTestRuntime(scope, { authenticate: vouch })
  const [server] = WAYS
  assert.ok(server)
  client = await server.open(scope, runtime)
  const manifest = { access: 'user' }
  await install(runtime, { id: 'room', backend: ROOM, files: { 'frontend/index.html': PAGE }, manifest })
  await install(runtime, { id: 'other', backend: 'export default {}' })
})

interface Made {
  readonly id: string
  readonly token: string
}

async function make(path: string, body: unknown): Promise<Made> {
  const response = await send(runtime, 'POST', path, body)
  assert.equal(response.status, 201)
  return (await response.json()) as Made
}

/** How a visitor is signed in, and how that ends. */
interface Credential {
  readonly headers: Record<string, string>
  end(): Promise<void> | void
}

async function remove(path: string): Promise<void> {
  assert.equal((await send(runtime, 'DELETE', path)).status, 204)
}

async function cookieOf(token: string): Promise<string> {
  const headers = { 'content-type': 'application/json', origin: client.origin }
  const response = await client.fetch('/api/v1/session', {
    method: 'POST',
    headers,
    body: JSON.stringify({ token }),
  })
  assert.equal(response.status, 204)
  return (response.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? ''
}

let count = 0
const tokenOf = (more: object = {}): Promise<Made> =>
  make('/tokens', { name: `token ${++count}`, permissions: ['events.view'], ...more })
const bearer = ({ token }: Made) => ({ authorization: `Bearer ${token}` })

const WAYS_TO_END: Readonly<Record<string, () => Promise<Credential>>> = {
  'a token is removed': async () => {
    const token = await tokenOf()
    return { headers: bearer(token), end: () => remove(`/tokens/${token.id}`) }
  },
  'the token behind a session is removed': async () => {
    const token = await tokenOf()
    return { headers: { cookie: await cookieOf(token.token) }, end: () => remove(`/tokens/${token.id}`) }
  },
  'a browser signs out': async () => {
    const cookie = await cookieOf((await tokenOf()).token)
    const end = async () => {
      const headers = { cookie, origin: client.origin }
      assert.equal((await client.fetch('/api/v1/session', { method: 'DELETE', headers })).status, 204)
    }
    return { headers: { cookie }, end }
  },
  'a user is removed': async () => {
    const user = await make('/users', { name: `user ${++count}`, permissions: ['events.view'] })
    const token = await tokenOf({ userId: user.id })
    return { headers: bearer(token), end: () => remove(`/users/${user.id}`) }
  },
  'a token expires': async () => {
    const expiresAt = new Date(Date.now() + 5000).toISOString()
    const token = await tokenOf({ expiresAt })
    const isOver = async () =>
      (await client.fetch('/api/v1/session', { headers: bearer(token) })).status === 401
    return { headers: bearer(token), end: async () => void (await until('the token expires', isOver)) }
  },
  'the application ends its user': async () => ({
    headers: { cookie: APP_COOKIE },
    end: () => runtime.endUser('Ada'),
  }),
}

const room = (path: string) => `/plugins/room/api${path}`
const say = (text: string, headers: Record<string, string>) =>
  client.fetch(room('/say'), { method: 'POST', headers, body: text })

async function pageToken(headers: Record<string, string>): Promise<string> {
  const [, token] =
    /name="plugbay-token" content="([^"]+)"/.exec(
      await (await client.fetch('/plugins/room/', { headers })).text(),
    ) ?? []
  assert.ok(token)
  return token
}

/** Reads to the end, which may be an abort. */
async function readAll(response: Response): Promise<string> {
  let text = ''
  try {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString()
  } catch {
    text += ' (aborted)'
  }
  return text
}

for (const [what, signIn] of Object.entries(WAYS_TO_END)) {
  test(`when ${what}, what rests on it ends with the answer`, async (t) => {
    const { headers, end } = await signIn()
    const token = await pageToken(headers)
    const byToken = { 'plugbay-token': token }
    const seen = await visit(t, client.origin + room('/'), { headers })
    const opened = await visit(t, client.origin + room('/'), {
      protocols: ['plugbay', `plugbay-token.${token}`],
    })
    const streams = [headers, byToken].map((each) => client.fetch(room('/stream'), { headers: each }))
    const bodies = (await Promise.all(streams)).map(readAll)
    const events = await client.fetch('/api/v1/events', { headers })
    assert.equal(events.status, 200)
    const watcher = readEvents(events)
    const bystander = await tokenOf()
    const other = await visit(t, client.origin + room('/'), { headers: bearer(bystander) })
    for (const each of [seen, opened, other]) assert.equal(await each.next(), 'here')

    await end()
    const renewal = await client.fetch('/plugins/room/.plugbay/token', { method: 'POST', headers: byToken })
    assert.equal(renewal.status, 401)
    assert.equal((await say('by the page token', byToken)).status, 401)
    const again = { protocols: ['plugbay', `plugbay-token.${token}`] }
    assert.equal((await refused(t, client.origin + room('/'), again)).status, 401)
    assert.equal((await say('after', bearer(bystander))).status, 200)
    assert.equal((await send(runtime, 'POST', '/plugins/other/reload')).status, 200)

    assert.equal(await other.next(), 'after', 'a bystander goes on')
    for (const each of [seen, opened]) {
      assert.deepEqual(await each.closed, [1008, ''])
      assert.equal(each.waiting, 0)
    }
    assert.deepEqual(await Promise.all(bodies), ['here  (aborted)', 'here  (aborted)'])
    assert.equal(await watcher.next(), undefined, 'no event after the answer')
    record({ id: 'AUTH', area: 'authority', title: what, culprit: 'ended with the answer' })
  })
}
