// What a sandboxed page opens: other sites work there as behind any link, and the plugin gains nothing.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { serve } from '../../../runtime/serve.ts'
import { openBrowser } from '../../support/chromium.ts'
import { ADMIN_TOKEN, install, startTestRuntime } from '../../support/runtime.ts'

/** Says what it may do, on its page and to who opened it. */
const TELL = `<script>
  let storage = 'works'
  try { localStorage.setItem('a', '1') } catch { storage = 'refused' }
  document.title = JSON.stringify({ origin, storage })
  opener?.postMessage(document.title, '*')
</script>`

const PAGE = `<!doctype html><title>page</title>
  <a id="blank" target="_blank" href="OTHER/">open</a>
  <a id="noopener" target="_blank" rel="noopener" href="OTHER/">open</a>
  <button id="window" onclick="answer = new Promise((done) => window.addEventListener('message', ({ data }) => done(data))); window.open('OTHER/')">sign in</button>
  <a id="own" target="_blank" href="second.html">open</a>
  <button id="empty" onclick="made = window.open('about:blank'); made.document.write('<p>made'); made.document.close()">make</button>
  <button id="shell" onclick="made = window.open('/admin/')">our pages</button>`

test('links and sign-in windows of a sandboxed page lead to working sites; what is the plugin’s stays sandboxed', {
  timeout: 60_000,
}, async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const other = createServer((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end(TELL),
  ).listen(0, '127.0.0.1')
  t.after(() => other.close())
  await once(other, 'listening')
  const otherOrigin = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
  const runtime = await startTestRuntime(t)
  await install(runtime, {
    id: 'linking',
    files: { 'frontend/index.html': PAGE.replaceAll('OTHER', otherOrigin), 'frontend/second.html': TELL },
  })
  const listening = await serve(runtime)
  t.after(() => listening.close(0))
  const origin = `http://127.0.0.1:${listening.port}`
  const context = await browser.newContext()
  context.setDefaultTimeout(10_000)
  const signed = await context.request.post(`${origin}/api/v1/session`, {
    data: { token: ADMIN_TOKEN },
    headers: { origin },
  })
  assert.ok(signed.ok(), await signed.text())
  const page = await context.newPage()
  await page.goto(`${origin}/plugins/linking/`)
  const opened = async (selector: string) => {
    const [popup] = await Promise.all([context.waitForEvent('page'), page.click(selector)])
    await popup.waitForLoadState()
    return popup
  }
  const says = async (selector: string) => {
    const popup = await opened(selector)
    await popup.waitForFunction(() => document.title.startsWith('{'))
    return JSON.parse(await popup.title()) as unknown
  }

  for (const link of ['#blank', '#noopener', '#window'])
    assert.deepEqual(await says(link), { origin: otherOrigin, storage: 'works' }, link)
  const answer = await page.evaluate('answer')
  assert.deepEqual(
    JSON.parse(String(answer)),
    { origin: otherOrigin, storage: 'works' },
    'a sign-in window reports back',
  )
  assert.deepEqual(await says('#own'), { origin: 'null', storage: 'refused' })

  const empty = await opened('#empty')
  assert.equal(await empty.evaluate(() => self.origin), 'null')
  await opened('#shell')
  // The window is there, its content is out of reach.
  assert.match(
    String(
      await page.evaluate(
        `(() => { try { return made.document.title } catch (error) { return error.name } })()`,
      ),
    ),
    /SecurityError/,
  )
})
