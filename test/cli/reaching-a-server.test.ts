// How a command finds a server and signs in, and what it says when that fails.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { documentOf, runCli, startForeignServer, startServer } from './harness.ts'

const env = (url: string) => ({ PLUGBAY_URL: url, PLUGBAY_TOKEN: 'pbt_test' })

describe('reaching a server', () => {
  it('exits 69 when no server answers, and says what to type', async () => {
    const api = await startForeignServer(() => undefined)
    await api[Symbol.asyncDispose]()
    const ran = await runCli(['list'], { env: env(api.url) })
    assert.equal(ran.code, 69)
    assert.match(
      ran.err,
      /No server answers at http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\)\n +→ Start one with "npm run plugbay -- serve"/,
    )
    const json = await runCli(['enable', 'a', 'b', '--json'], { env: env(api.url) })
    assert.equal(json.code, 69)
    assert.deepEqual(
      documentOf(json).results.map(({ problem }) => (problem as { code?: string }).code),
      ['SERVER_UNREACHABLE'],
    )
  })

  it('exits 69 when something else answers', async () => {
    await using api = await startForeignServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>hello')
    })
    const ran = await runCli(['list'], { env: env(api.url) })
    assert.equal(ran.code, 69)
    assert.match(ran.err, /is not a Plugbay server/)
  })

  it('exits 77 without a token and with a wrong one, each with its own advice', async (t) => {
    const api = await startServer(t)
    const none = await runCli(['list', '--url', api.url], { cwd: tmpdir() })
    assert.equal(none.code, 77)
    assert.match(none.err, /→ Pass --token or set PLUGBAY_TOKEN/)
    const wrong = await runCli(['list', '--url', api.url, '--token', 'pbt_other'])
    assert.equal(wrong.code, 77)
    assert.match(wrong.err, /→ The token is not, or no longer, valid/)
  })

  it('exits 77 for what a token may not do', async (t) => {
    const { runtime, url } = await startServer(t)
    const { token } = await runtime.store.principals.addToken(
      { name: 'reader', permissions: ['plugins.view'] },
      { actor: 'test', action: 'token.create' },
    )
    assert.equal(
      (await runCli(['disable', 'a'], { env: { PLUGBAY_URL: url, PLUGBAY_TOKEN: token } })).code,
      77,
    )
  })

  it('finds the token of the local data folder, and flags win over variables', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'plugbay-cli-'))
    try {
      writeFileSync(join(folder, 'admin-token'), 'pbt_local\n')
      const api = await startServer(t, 'pbt_local')
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
    await using other = await startForeignServer((_, response) => {
      response.end(JSON.stringify({ items: [], nextCursor: null }))
    })
    await using api = await startForeignServer((_, response) => {
      response.writeHead(307, { location: `${other.url}/api/v1/plugins` }).end()
    })
    assert.equal((await runCli(['list'], { env: env(api.url) })).code, 69)
    assert.equal(other.requests(), 0)
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
        readSecret: async () => '',
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
