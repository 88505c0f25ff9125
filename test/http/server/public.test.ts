import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import { createBrowserScripts } from '../../../runtime/bundles/browser-scripts.ts'
import { ERROR_CODES } from '../../../runtime/errors.ts'
import { createPublicRoutes } from '../../../runtime/http/server/public.ts'
import { startTestRuntime, until } from '../../support/runtime.ts'
import { mountSmallDisk, ONLY_ROOT } from '../../support/small-disk.ts'

test('/readyz follows the runtime while /healthz stays', async () => {
  let ready = false
  const app = createPublicRoutes({
    readiness: async () => (ready ? { status: 'ready' } : { status: 'not-ready' }),
    manifestSchema: async () => ({}),
    scripts: createBrowserScripts(),
  })
  assert.equal((await app.request('/healthz')).status, 200)
  assert.equal((await app.request('/readyz')).status, 503)
  ready = true
  assert.equal((await app.request('/readyz')).status, 200)
  assert.equal((await app.request('/readyz')).headers.get('cache-control'), 'no-store')
})

test('the schema of the manifest is there for anyone, from anywhere', async () => {
  const app = createPublicRoutes({
    readiness: async () => ({ status: 'ready' }),
    manifestSchema: async () => ({ $id: 'x' }),
    scripts: createBrowserScripts(),
  })
  const response = await app.request('http://192.168.1.5:3000/schema/manifest.v1.json', {
    headers: { host: '192.168.1.5:3000' },
  })
  assert.equal(response.status, 200)
  assert.deepEqual(await response.json(), { $id: 'x' })
  assert.match(response.headers.get('content-type') ?? '', /^application\/schema\+json/)
  assert.equal(response.headers.get('access-control-allow-origin'), '*')
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
})

test('the page of error codes has an anchor for every code', async () => {
  const app = createPublicRoutes({
    readiness: async () => ({ status: 'ready' }),
    manifestSchema: async () => ({}),
    scripts: createBrowserScripts(),
  })
  const response = await app.request('http://127.0.0.1/docs/errors')
  const page = await response.text()
  assert.equal(response.headers.get('content-type'), 'text/html; charset=UTF-8')
  for (const code of Object.keys(ERROR_CODES)) assert.ok(page.includes(`id="${code}"`), code)
})

test('/readyz tells that the disk is full, and that it is not any more', ONLY_ROOT, async (t) => {
  const disk = await mountSmallDisk(t, 30)
  const runtime = await startTestRuntime(t, { config: { data: join(disk.folder, 'data') } })
  const ask = () => createApp(runtime).request('http://127.0.0.1/readyz')
  await disk.fill()
  const full = await ask()
  assert.equal(full.status, 503)
  assert.deepEqual(await full.json(), { status: 'not-ready', code: 'STORE_FULL' })
  await disk.empty()
  await until('the server to be ready', async () => (await ask()).status === 200)
})
