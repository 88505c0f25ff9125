import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { documentOf, type FakePlugin, runCli, sendJson, startApi, startPluginApi } from './harness.ts'

const env = (url: string, token = 'pbt_test') => ({ PLUGBAY_URL: url, PLUGBAY_TOKEN: token })

describe('client commands', () => {
  it('list prints a table, and one document with --json', async () => {
    await using api = await startPluginApi({ alpha: { enabled: true }, beta: { enabled: false } })
    const text = await runCli(['list'], { env: env(api.url) })
    assert.equal(text.code, 0)
    assert.match(text.out, /^ID +VERSION +STATE +NAME/)
    assert.match(text.out, /^beta +1\.0\.0 +disabled/m)
    const json = documentOf(await runCli(['list', '--json'], { env: env(api.url) }))
    assert.equal(json.ok, true)
    assert.deepEqual(
      json.results.map(({ id, ok, state }) => ({ id, ok, state })),
      [
        { id: 'alpha', ok: true, state: 'idle' },
        { id: 'beta', ok: true, state: 'disabled' },
      ],
    )
  })

  it('list reads every page', async () => {
    await using api = await startApi((request, response) => {
      const cursor = new URL(request.url, 'http://x').searchParams.get('cursor')
      const item = {
        id: cursor === null ? 'a' : 'b',
        name: '',
        state: 'idle',
        enabled: true,
        version: null,
        problem: null,
      }
      sendJson(response, 200, { items: [item], nextCursor: cursor === null ? 'x/y' : null })
    })
    const json = documentOf(await runCli(['list', '--json'], { env: env(api.url) }))
    assert.deepEqual(
      json.results.map(({ id }) => id),
      ['a', 'b'],
    )
  })

  it('enable tries every id and exits 2 when only some fail', async () => {
    const plugins: Record<string, FakePlugin> = { a: { enabled: false }, b: { enabled: false } }
    await using api = await startPluginApi(plugins)
    const ran = await runCli(['enable', 'a', 'missing', 'b', '--json'], { env: env(api.url) })
    assert.equal(ran.code, 2)
    const { ok, results } = documentOf(ran)
    assert.equal(ok, false)
    assert.deepEqual(
      results.map((result) => [
        result.id,
        result.ok,
        (result.problem as { code?: string } | undefined)?.code,
      ]),
      [
        ['a', true, undefined],
        ['missing', false, 'PLUGIN_UNKNOWN'],
        ['b', true, undefined],
      ],
    )
    assert.deepEqual([plugins.a?.enabled, plugins.b?.enabled], [true, true])
  })

  it('enable fails when the plugin then cannot serve, with its own problem', async () => {
    const problem = { code: 'LOAD_FAILED', message: 'It threw', hint: 'Read the log' }
    await using api = await startPluginApi({ a: { enabled: false, state: 'failed', problem } })
    const ran = await runCli(['enable', 'a'], { env: env(api.url) })
    assert.equal(ran.code, 1)
    assert.match(ran.err, /✗ a: It threw\n {2}→ Read the log/)
  })

  it('enable --grant grants what is asked before it enables', async () => {
    await using api = await startPluginApi({ a: { enabled: false } })
    assert.equal((await runCli(['enable', 'a', '--grant'], { env: env(api.url) })).code, 0)
    const changes = api.requests.filter(({ method }) => method !== 'GET')
    assert.deepEqual(
      changes.map(({ method, url }) => `${method} ${url}`),
      ['PUT /api/v1/plugins/a/grants', 'POST /api/v1/plugins/a/enable'],
    )
    assert.equal(changes[0]?.body.toString(), '{"kv":true}')
  })

  it('exits 1 when all of several failed', async () => {
    await using api = await startPluginApi({})
    assert.equal((await runCli(['disable', 'a', 'b'], { env: env(api.url) })).code, 1)
  })

  it('apply leaves exactly the named plugins enabled and touches nothing twice', async () => {
    const plugins: Record<string, FakePlugin> = {
      a: { enabled: true },
      b: { enabled: false },
      c: { enabled: true },
    }
    await using api = await startPluginApi(plugins)
    const first = await runCli(['apply', 'b', 'c', '--json'], { env: env(api.url) })
    assert.equal(first.code, 0)
    assert.deepEqual(
      Object.entries(plugins).map(([id, { enabled }]) => [id, enabled]),
      [
        ['a', false],
        ['b', true],
        ['c', true],
      ],
    )
    const changesBefore = api.requests.filter(({ method }) => method === 'POST').length
    const second = await runCli(['apply', 'b', 'c'], { env: env(api.url) })
    assert.equal(second.code, 0)
    assert.match(second.out, /b: enabled already/)
    assert.equal(api.requests.filter(({ method }) => method === 'POST').length, changesBefore)
  })

  it('apply reports an unknown id and does the rest', async () => {
    const plugins: Record<string, FakePlugin> = { a: { enabled: true }, b: { enabled: false } }
    await using api = await startPluginApi(plugins)
    const ran = await runCli(['apply', 'b', 'nope'], { env: env(api.url) })
    assert.equal(ran.code, 2)
    assert.match(ran.err, /nope: No plugin "nope" is installed/)
    assert.deepEqual([plugins.a?.enabled, plugins.b?.enabled], [false, true])
  })

  it('apply wants ids or --none, not neither and not both', async () => {
    const plugins: Record<string, FakePlugin> = { a: { enabled: true } }
    await using api = await startPluginApi(plugins)
    assert.equal((await runCli(['apply'], { env: env(api.url) })).code, 64)
    assert.equal((await runCli(['apply', 'a', '--none'], { env: env(api.url) })).code, 64)
    assert.equal(plugins.a?.enabled, true)
    assert.equal((await runCli(['apply', '--none'], { env: env(api.url) })).code, 0)
    assert.equal(plugins.a?.enabled, false)
  })

  it('uninstall keeps the data unless told otherwise', async () => {
    await using api = await startPluginApi({ a: { enabled: true }, b: { enabled: true } })
    assert.equal((await runCli(['uninstall', 'a'], { env: env(api.url) })).code, 0)
    assert.equal((await runCli(['uninstall', 'b', '--data', 'delete'], { env: env(api.url) })).code, 0)
    assert.deepEqual(
      api.requests.map(({ url }) => url),
      ['/api/v1/plugins/a?data=keep', '/api/v1/plugins/b?data=delete'],
    )
  })

  it('rollback goes to the named release', async () => {
    await using api = await startPluginApi({ a: { enabled: true, version: '2.0.0' } })
    assert.match(
      (await runCli(['rollback', 'a', '--to', '1.1.0'], { env: env(api.url) })).out,
      /version 1\.1\.0 is active/,
    )
    assert.match((await runCli(['rollback', 'a'], { env: env(api.url) })).out, /version 0\.9\.0 is active/)
  })

  it('install uploads the bytes of a zip with its options', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plugbay-cli-'))
    try {
      writeFileSync(join(folder, 'x.zip'), 'the bytes')
      await using api = await startPluginApi({})
      const args = ['install', 'x.zip', '--no-enable', '--grant', 'none', '--downgrade', '--json']
      const ran = await runCli(args, { env: env(api.url), cwd: folder })
      assert.equal(ran.code, 0, ran.err)
      const [request] = api.requests
      assert.equal(request?.url, '/api/v1/plugins?enable=false&grant=none&downgrade=true')
      assert.equal(request?.headers['content-type'], 'application/zip')
      assert.equal(request?.body.toString(), 'the bytes')
      assert.deepEqual(documentOf(ran).results[0]?.enabled, false)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('install prints every problem of a refused upload with its place', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plugbay-cli-'))
    try {
      writeFileSync(join(folder, 'x.zip'), 'x')
      const problems = [
        {
          code: 'MANIFEST_INVALID',
          message: 'First thing',
          file: 'manifest.json',
          line: 3,
          column: 5,
          pointer: '/id',
          hint: 'Do this',
        },
        {
          code: 'IMPORT_REFUSED',
          message: 'Second thing',
          file: 'backend/index.js',
          line: 1,
          column: 1,
          frame: '> 1 | import "x"',
        },
      ]
      await using api = await startApi((_, response) =>
        sendJson(response, 422, {
          title: 'The manifest is not valid',
          status: 422,
          code: 'MANIFEST_INVALID',
          problems,
        }),
      )
      const ran = await runCli(['install', 'x.zip'], { env: env(api.url), cwd: folder })
      assert.equal(ran.code, 1)
      assert.match(ran.err, /First thing\n +manifest\.json:3:5 at \/id\n +→ Do this/)
      assert.match(ran.err, /Second thing\n +backend\/index\.js:1:1\n +> 1 \| import "x"/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('settings reads values as the schema wants them and sends null to unset', async () => {
    const settings = {
      title: { value: 'A', source: 'default', schema: { type: 'string' } },
      count: { value: 1, source: 'stored', schema: { type: 'integer' } },
    }
    await using api = await startApi((_, response) => sendJson(response, 200, settings))
    const options = { env: env(api.url) }
    assert.equal((await runCli(['settings', 'a', 'set', 'title=5', 'count=7', 'count=8'], options)).code, 0)
    assert.equal((await runCli(['settings', 'a', 'unset', 'title'], options)).code, 0)
    assert.deepEqual(
      api.requests.filter(({ method }) => method === 'PATCH').map(({ body }) => body.toString()),
      ['{"title":"5","count":8}', '{"title":null}'],
    )
    assert.match((await runCli(['settings', 'a'], options)).out, /^title +"A" +default$/m)
    const unknown = await runCli(['settings', 'a', 'get', 'toString'], options)
    assert.equal(unknown.code, 1)
    assert.match(unknown.err, /has no setting "toString"\n +→ It has: title, count/)
    assert.equal((await runCli(['settings', 'a', 'drop', 'x'], options)).code, 64)
    assert.equal((await runCli(['settings', 'a', 'set', 'x'], options)).code, 64)
  })

  it('logs shows oldest first, and nothing that a terminal would obey', async () => {
    const items = [
      { seq: 2, time: 't2', level: 'error', message: 'second', stack: 'Error\n  at x' },
      { seq: 1, time: 't1', level: 'info', message: 'first \u001b[2J\u009b31m\u202e' },
    ]
    await using api = await startApi((_, response) => sendJson(response, 200, { items, nextCursor: null }))
    const ran = await runCli(['logs', 'a'], { env: env(api.url) })
    assert.equal(
      ran.out,
      't1 info  first \\u001b[2J\\u009b31m\\u202e\nt2 error second\n    Error\n      at x\n',
    )
  })

  it('logs --follow prints what comes after what it has shown, until a signal', async () => {
    const line = (seq: number) => ({ seq, time: 't', level: 'info', message: `line ${seq}` })
    await using api = await startApi((request, response) => {
      if (request.headers.accept !== 'text/event-stream')
        return sendJson(response, 200, { items: [line(1)], nextCursor: null })
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
      for (const seq of [1, 2])
        response.write(`event: log\r\nid: ${seq}\r\ndata: ${JSON.stringify(line(seq))}\r\n\r\n`)
      response.write(': alive\n\nevent: other\ndata: {}\n\n')
      response.write(`event: log\ndata: ${JSON.stringify(line(3))}\n\n`)
      return undefined
    })
    let signal = (): void => undefined
    let out = ''
    const ran = await runCli(['logs', 'a', '--follow', '--json'], {
      env: env(api.url),
      io: {
        out(text) {
          out += text
          if (text.includes('line 3')) signal()
        },
        onSignal(listener) {
          signal = listener
          return () => undefined
        },
      },
    })
    assert.equal(ran.code, 0, ran.err)
    assert.deepEqual(
      out
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text).seq),
      [1, 2, 3],
    )
  })
})

describe('reaching a server', () => {
  it('exits 69 when nobody answers, and says what to type', async () => {
    const api = await startApi(() => undefined)
    await api[Symbol.asyncDispose]()
    const ran = await runCli(['list'], { env: env(api.url) })
    assert.equal(ran.code, 69)
    assert.match(
      ran.err,
      /No server answers at http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\)\n +→ Start one with "plugbay serve"/,
    )
    const json = await runCli(['enable', 'a', 'b', '--json'], { env: env(api.url) })
    assert.equal(json.code, 69)
    assert.deepEqual(
      documentOf(json).results.map(({ problem }) => (problem as { code?: string }).code),
      ['SERVER_UNREACHABLE', 'SERVER_UNREACHABLE'],
    )
  })

  it('exits 69 when something else answers', async () => {
    await using api = await startApi((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>hello')
    })
    const ran = await runCli(['list'], { env: env(api.url) })
    assert.equal(ran.code, 69)
    assert.match(ran.err, /is not a Plugbay server/)
  })

  it('exits 77 without a token and with a wrong one, each with its own advice', async () => {
    await using api = await startPluginApi({})
    const none = await runCli(['list', '--url', api.url], { cwd: tmpdir() })
    assert.equal(none.code, 77)
    assert.match(none.err, /→ Pass --token or set PLUGBAY_TOKEN/)
    const wrong = await runCli(['list', '--url', api.url, '--token', 'pbt_other'])
    assert.equal(wrong.code, 77)
    assert.match(wrong.err, /→ The token is not, or no longer, valid/)
  })

  it('exits 77 for what a token may not do', async () => {
    await using api = await startApi((_, response) =>
      sendJson(response, 403, { title: 'You may not do this', code: 'FORBIDDEN' }),
    )
    assert.equal((await runCli(['disable', 'a'], { env: env(api.url) })).code, 77)
  })

  it('finds the token of the local data folder, and flags win over variables', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plugbay-cli-'))
    try {
      writeFileSync(join(folder, 'admin-token'), 'pbt_local\n')
      await using api = await startPluginApi({}, 'pbt_local')
      const port = new URL(api.url).port
      const local = { PLUGBAY_DATA: folder, PLUGBAY_PORT: port }
      assert.equal((await runCli(['list'], { env: local })).code, 0)
      assert.equal((await runCli(['list'], { env: { ...local, PLUGBAY_TOKEN: 'pbt_wrong' } })).code, 77)
      assert.equal(
        (await runCli(['list', '--token', 'pbt_local'], { env: { ...local, PLUGBAY_TOKEN: 'pbt_wrong' } }))
          .code,
        0,
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('does not follow a redirect with the token', async () => {
    await using other = await startApi((_, response) =>
      sendJson(response, 200, { items: [], nextCursor: null }),
    )
    await using api = await startApi((_, response) => {
      response.writeHead(307, { location: `${other.url}/api/v1/plugins` }).end()
    })
    assert.equal((await runCli(['list'], { env: env(api.url) })).code, 69)
    assert.equal(other.requests.length, 0)
  })

  it('never sends the token of the data folder to another machine', async () => {
    const { openClient } = await import('../../runtime/cli/api-client.ts')
    const folder = mkdtempSync(join(tmpdir(), 'plugbay-cli-'))
    const seen: (string | null)[] = []
    const realFetch = globalThis.fetch
    try {
      writeFileSync(join(folder, 'admin-token'), 'pbt_local\n')
      globalThis.fetch = async (_, init) => {
        seen.push(new Headers(init?.headers).get('authorization'))
        return Response.json({ items: [] })
      }
      const io = {
        env: { PLUGBAY_DATA: folder },
        cwd: folder,
        out() {},
        outBytes: async () => undefined,
        err() {},
        onSignal: () => () => undefined,
        exitNow() {},
      }
      await openClient(io, { url: 'http://localhost:1' }).request('GET', 'plugins')
      await openClient(io, { url: 'http://plugbay.example' }).request('GET', 'plugins')
      assert.deepEqual(seen, ['Bearer pbt_local', null])
    } finally {
      globalThis.fetch = realFetch
      rmSync(folder, { recursive: true })
    }
  })
})
