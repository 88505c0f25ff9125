// Names: looked up once per connection, vetted as a whole, and connected to at the very address that was vetted.

import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { type TestContext, test } from 'node:test'
import { createOwnServer } from '../../runtime/egress/own-server.ts'
import type { ResolvedAddress } from '../../runtime/egress/pinned-agent.ts'
import { Closers } from '../support/scope.ts'
import { openWay, startServer, textOf } from './servers.ts'

const v4 = (address: string): ResolvedAddress => ({ address, family: 4 })
const v6 = (address: string): ResolvedAddress => ({ address, family: 6 })

/** Answers of a scripted resolver, one after the other; the last one stays. */
function script(...answers: readonly (readonly ResolvedAddress[])[]) {
  const asked: string[] = []
  const resolve = async (hostname: string) => {
    asked.push(hostname)
    return answers[Math.min(asked.length, answers.length) - 1] ?? []
  }
  return { asked, resolve }
}

/** Stands for the public network: the second address of the loopback interface. */
const PUBLIC = '127.0.0.2'
const mayReach = (address: string) => address === PUBLIC

const startPublic = (t: TestContext) => startServer(t, (_request, response) => response.end('public'), PUBLIC)

test('a name is looked up once per connection, and its Host is the name', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const server = await startPublic(t)
  const names = script([v4(PUBLIC)])
  const { ask } = openWay(t, { ...names, mayReach })
  for (let count = 0; count < 3; count++)
    assert.equal(await textOf(await ask(`http://allowed.test:${server.port}/`)), 'public')
  assert.equal(names.asked.length, server.connections())
  assert.equal(server.hits[0]?.headers.host, `allowed.test:${server.port}`)
})

test('a name that changes its address after it was vetted leads nowhere new', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const server = await startPublic(t)
  const inner = await startServer(t, (_request, response) => response.end('inner'))
  const names = script([v4(PUBLIC)], [v4('127.0.0.1')])
  const { ask } = openWay(t, { ...names, mayReach, times: { keepMs: 10 } })
  const url = `http://allowed.test:${server.port}/`
  assert.equal(await textOf(await ask(url)), 'public')
  await new Promise((resolve) => setTimeout(resolve, 100))
  await assert.rejects(ask(url), { code: 'FETCH_REFUSED' })
  await assert.rejects(ask(`http://allowed.test:${inner.port}/`), { code: 'FETCH_REFUSED' })
  assert.equal(inner.connections(), 0)
})

const SCRIPTS: Readonly<Record<string, readonly (readonly ResolvedAddress[])[]>> = {
  'a documentation address first and loopback after': [[v4('192.0.2.1')], [v4('127.0.0.1')]],
  'a public address and IPv6 loopback': [[v4('1.1.1.1'), v6('::1')]],
  'loopback by another name': [[v4('127.0.0.1'), v6('::1')]],
  'a list with one bad address': [[v4('1.1.1.1'), v4('127.0.0.1')]],
  'an IPv4 address inside an IPv6 one': [[v6('::ffff:127.0.0.1')]],
  'the metadata of a cloud': [[v4('169.254.169.254')]],
  'an address that is none': [[v4('allowed.test')]],
}
for (const [name, answers] of Object.entries(SCRIPTS)) {
  test(`a name that leads to ${name} is refused`, async (t) => {
    const server = await startServer(t, (_request, response) => response.end('inner'))
    const { ask } = openWay(t, script(...answers))
    for (let count = 0; count < 3; count++) {
      await assert.rejects(ask(`http://allowed.test:${server.port}/`), {
        code: 'FETCH_REFUSED',
        message:
          /^Requests to "http:\/\/allowed\.test:\d+" are refused: its name leads to an address that is not public; [^.]*("http:\/\/192\.168\.1\.20:8080")$/,
      })
    }
    assert.equal(server.connections(), 0)
  })
}

test('the sentence is the same whether something listens there or not', async (t) => {
  const server = await startServer(t, (_request, response) => response.end('inner'))
  const { ask } = openWay(t, script([v4('127.0.0.1')]))
  const sentenceOf = async (port: number) => {
    const error = await ask(`http://allowed.test:${port}/`).then(
      () => assert.fail('answered'),
      (reason: Error) => reason,
    )
    return error.message.replace(String(port), 'PORT')
  }
  const scope = new Closers()
  const closed = await startServer(scope, () => undefined)
  await scope.close()
  assert.equal(await sentenceOf(server.port), await sentenceOf(closed.port))
})

test('a name without an address is not known', async (t) => {
  await assert.rejects(openWay(t, script([])).ask('http://allowed.test/'), {
    message: /its name is not known/,
  })
})

test('an address that was granted itself is reached, and only that', async (t) => {
  const server = await startServer(t, (_request, response) => response.end('mine'))
  const { ask } = openWay(t, { granted: [server.origin], ...script([v4('127.0.0.1')]) })
  assert.equal(await textOf(await ask(server.origin)), 'mine')
  assert.equal(await textOf(await ask(`http://2130706433:${server.port}/`)), 'mine')
  for (const host of ['localhost', '127.0.0.3', '[::1]', '[::ffff:127.0.0.1]'])
    await assert.rejects(ask(`http://${host}:${server.port}/`), { code: 'PERMISSION_DENIED' }, host)
  assert.equal(server.hits.length, 2)
})

test('the runtime itself is out of reach, by any address and any name, whatever is granted', async (t) => {
  const own = await startServer(t, (_request, response) => response.end('admin'), '0.0.0.0')
  const ownServer = createOwnServer({
    publicUrl: 'https://media.example.org',
    publicUrls: ['http://nas.local:3000', { url: 'https://b.example', pluginDomain: 'apps.b.example' }],
    pluginDomain: 'apps.example.org',
  })
  ownServer.listensAt(own.port)
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const hosts = [
    '127.0.0.1',
    '127.0.0.9',
    '0.0.0.0',
    '[::ffff:127.0.0.1]',
    ...addresses.filter(({ family }) => family === 'IPv4').map(({ address }) => address),
  ]
  const { ask } = openWay(t, { ownServer, mayReach: () => true, ...script([v4('127.0.0.1')]) })
  const refusal = { code: 'FETCH_REFUSED', message: /a plugin may not ask the server that it runs on/ }
  for (const host of [...hosts, 'allowed.test'])
    await assert.rejects(ask(`http://${host}:${own.port}/api/v1/plugins`), refusal, host)
  for (const url of [
    'https://media.example.org/',
    'https://guestbook.apps.example.org/',
    'https://MEDIA.example.org:443/',
    'http://nas.local:3000/admin/',
    'https://guestbook.apps.b.example/',
  ])
    await assert.rejects(ask(url), refusal, url)
  const other = await startServer(t, (_request, response) => response.end('other'))
  assert.equal(await textOf(await ask(other.origin)), 'other')
  assert.equal(own.connections(), 0)
})
