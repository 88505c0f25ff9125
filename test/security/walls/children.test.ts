// Which walls stand around the children of a real runtime, as the system tells it from outside.

import assert from 'node:assert/strict'
import { readFileSync, readlinkSync } from 'node:fs'
import { test } from 'node:test'
import { commandOf, parentOf } from '../../../runtime/processes/process-figures.ts'
import { descendantsOf, ONLY_IN_JAIL } from '../../support/jail.ts'
import { api, backendOf, install, send, startTestRuntime, until, WAYS } from '../../support/runtime.ts'
import { record } from '../helpers/record.ts'

const KEEPS = backendOf(`
  if (url.pathname === '/fail') throw new Error('for the source-map process')
  await env.kv.put('n', url.pathname)
  await env.db.prepare('INSERT INTO notes VALUES (?)').bind(url.pathname).run()
  return new Response(await env.kv.get('n'))`)
const PLUGIN = {
  id: 'keeper',
  backend: KEEPS,
  files: {
    'backend/migrations/0001.sql': 'CREATE TABLE notes (text TEXT)',
    'frontend/index.html': '<p>Hello</p>',
    'frontend/filler.txt': 'a b c '.repeat(20_000),
  },
  manifest: { permissions: { kv: true, database: true }, values: { defaults: { A: '{{ 1 }}' } } },
}

test('every process that a runtime starts is in the jail', ONLY_IN_JAIL, async (t) => {
  const runtime = await startTestRuntime(t, { config: { sandbox: { jail: 'bwrap' } } as never })
  assert.equal(runtime.jail.kind, 'bwrap')
  const [way] = WAYS
  assert.ok(way)
  const client = await way.open(t, runtime)
  await install(runtime, PLUGIN)
  for (let n = 0; n < 3; n++) {
    const response = await client.fetch(`/plugins/keeper/api/${n}`)
    assert.equal(await response.text(), `/${n}`)
  }
  assert.equal((await client.fetch('/plugins/keeper/api/fail')).status, 500)
  assert.equal((await send(runtime, 'POST', '/plugins/keeper/reload')).status, 200)

  assert.equal((await api(runtime, '/devices')).status, 200)
  // The others may end meanwhile.
  const values = api(runtime, '/values')

  const seen = new Set<string>()
  const wanted = [
    '/sandbox-',
    '/data-',
    '/package-',
    '/source-map-',
    '/compression-',
    '/template-',
    '/usb-',
    'esbuild',
  ]
  await until('every kind of child is seen', () => {
    for (const pid of descendantsOf(process.pid)) {
      const command = commandOf(pid)
      const kind = wanted.find((name) => command.some((word) => word.includes(name)))
      // bwrap has the child's words behind its own.
      if (kind === undefined || command[0]?.endsWith('/bwrap')) continue
      // Our own guest code is linked by an esbuild of the runtime's.
      if (kind === 'esbuild' && parentOf(pid) === process.pid) continue
      try {
        for (const name of ['user', 'pid', 'net', 'mnt', 'ipc', 'uts'])
          assert.notEqual(
            readlinkSync(`/proc/${pid}/ns/${name}`),
            readlinkSync(`/proc/self/ns/${name}`),
            kind,
          )
        const status = readFileSync(`/proc/${pid}/status`, 'utf8')
        assert.match(status, /^CapEff:\t0+$/m)
        assert.match(status, /^Seccomp:\t2$/m)
        // bwrap tells the folder; Node hands its permission flags on to what it starts; the runtime says how many threads.
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
        assert.deepEqual(
          environment.filter(
            (line) => !/^(PWD=\/|UV_THREADPOOL_SIZE=\d+|NODE_OPTIONS=--permission .*|)$/.test(line),
          ),
          [],
        )
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
        continue // It ended meanwhile.
      }
      seen.add(kind)
    }
    return wanted.every((kind) => seen.has(kind))
  })
  assert.equal((await values).status, 200)
  record({
    id: 'W-jail',
    area: 'walls',
    title: 'namespaces of every child',
    culprit: 'own user, pid, net, mnt, ipc, uts; no capability; a filter of system calls',
  })
})

test('a runtime serves the same without the jail', async (t) => {
  const runtime = await startTestRuntime(t, { config: { sandbox: { jail: 'none' } } as never })
  assert.deepEqual(runtime.jail, { kind: 'none', reason: 'sandbox.jail is "none"' })
  const [way] = WAYS
  assert.ok(way)
  const client = await way.open(t, runtime)
  await install(runtime, PLUGIN)
  assert.equal(await (await client.fetch('/plugins/keeper/api/x')).text(), '/x')
})
