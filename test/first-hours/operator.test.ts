// What an operator meets first. Tests bear the number of the problem that they keep away.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CliParts } from '../../runtime/cli/parts.ts'
import { runCli } from '../cli/harness.ts'
import { startTestRuntime } from '../support/runtime.ts'

const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

test('S10: a browser that uses an unknown name gets a page that says what to set; programs get a problem', async (t) => {
  const runtime = await startTestRuntime(t)
  const { port } = await runtime.http.listen({ port: 0 }).then((listening) => {
    t.after(() => listening.close(0))
    return listening
  })
  const app = runtime.http.app()
  for (const path of ['/', '/admin/', '/plugins/one/', '/api/v1/plugins']) {
    const ask = (headers: Record<string, string>) =>
      app.fetch(new Request(`http://nas.local:${port}${path}`, { headers }))
    const page = await ask(HTML)
    assert.equal(page.status, 421)
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/)
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/)
    assert.match(
      await page.text(),
      new RegExp(`<code>npm run plugbay -- serve --public-url http://nas\\.local:${port}<`),
    )
    const problem = await ask({})
    assert.equal(problem.status, 421)
    assert.equal((await problem.json()).code, 'MISDIRECTED')
  }
})

test('S10: a server that knows an address says how to add another one', async (t) => {
  const runtime = await startTestRuntime(t, { config: { publicUrls: ['https://media.test'] } })
  const ask = (host: string) =>
    runtime.http.app().fetch(new Request(`http://${host}/admin/`, { headers: { ...HTML, host } }))
  assert.match(
    await (await ask('nas.local')).text(),
    /<code>npm run plugbay -- serve --public-urls http:\/\/nas\.local</,
  )
  assert.notEqual((await ask('media.test')).status, 421)
})

test('S10: serve on all addresses without a public URL says that browsers of other machines are refused, and what to write', async () => {
  const serve: CliParts['serve'] = async () => ({
    url: 'http://127.0.0.1:5',
    adminUrl: 'http://127.0.0.1:5/admin/#code=abc',
    close: async () => undefined,
  })
  const onSignal = (listener: () => void) => {
    setTimeout(listener)
    return () => undefined
  }
  const outputOf = async (...args: readonly string[]) =>
    (await runCli(['serve', '--no-samples', ...args], { parts: { serve }, io: { onSignal } })).out
  const told = /Browsers of other machines are refused.*--public-url http:\/\/\S+:3000\n/
  assert.match(await outputOf('--host', '0.0.0.0'), told)
  assert.match(await outputOf('--host', '192.0.2.7'), /--public-url http:\/\/192\.0\.2\.7:3000\n/)
  assert.doesNotMatch(await outputOf(), told)
  assert.doesNotMatch(await outputOf('--host', '0.0.0.0', '--public-url', 'http://nas.local:3000'), told)
})
