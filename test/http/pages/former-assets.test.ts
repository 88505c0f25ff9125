// A page that is open while its plugin is updated goes on asking for the files that it was built with.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { LivePlugins } from '../../../runtime/contributions/live-plugins.ts'
import { createFormerAssets } from '../../../runtime/http/pages/former-assets.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { openFixture } from '../../package/artifact-fixture.ts'
import { bothWays, type Client, install, send, startTestRuntime } from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'
import { pagePlugin } from './page-server.ts'

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope)
})

const filesOf = (version: number) => ({
  'frontend/index.html': `<!doctype html><title>${version}</title>`,
  'frontend/plain.js': `export default ${version}`,
  [`frontend/assets/chunk-${version}abcdef9.js`]: `export default ${version}`,
  [`frontend/assets/style-${version}abcdef9.css`]: `p { color: #00${version} }`,
  [`frontend/assets/page-${version}abcdef9.html`]: `<p>${version}`,
  ...(version === 1 && { 'frontend/old.js': 'export default 1' }),
})

async function statuses(client: Client, id: string, version: number): Promise<readonly number[]> {
  const paths = ['chunk-Nabcdef9.js', 'style-Nabcdef9.css', 'page-Nabcdef9.html'].map(
    (name) => `assets/${name}`,
  )
  const all = [...paths, 'old.js'].map(async (path) => {
    const response = await client.fetch(`/plugins/${id}/${path.replace('N', String(version))}`)
    await response.text()
    return response.status
  })
  return await Promise.all(all)
}

bothWays(
  'after an update and after a rollback, hashed assets of the release before are served, and nothing else of it',
  async (t, way) => {
    const client = await way.open(t, runtime)
    const id = `open-${way.name}`
    await install(runtime, { id, files: filesOf(1) })
    assert.deepEqual(await statuses(client, id, 1), [200, 200, 200, 200])
    await install(runtime, { id, version: '2.0.0', files: filesOf(2) })
    assert.deepEqual(await statuses(client, id, 1), [200, 200, 404, 404], 'the release before')
    assert.deepEqual(await statuses(client, id, 2), [200, 200, 200, 404])
    const chunk = await client.fetch(`/plugins/${id}/assets/chunk-1abcdef9.js`, {
      headers: { 'accept-encoding': 'identity' },
    })
    assert.equal(await chunk.text(), 'export default 1')
    assert.match(String(chunk.headers.get('cache-control')), /immutable/)
    assert.match(String(chunk.headers.get('content-security-policy')), /sandbox/)
    assert.equal((await send(runtime, 'POST', `/plugins/${id}/rollback`, {})).status, 200)
    assert.deepEqual(await statuses(client, id, 2), [200, 200, 404, 200], 'the release that was left')
    assert.equal((await send(runtime, 'DELETE', `/plugins/${id}?data=delete`)).status, 204)
    assert.deepEqual(await statuses(client, id, 1), [404, 404, 404, 404])
  },
)

test('a former release is served for a day, to pages of the same author, and its files are closed at the end', async (t) => {
  const [before, after] = [
    await openFixture(t, { files: { 'frontend/index.html': '<p>', 'frontend/chunk-1abcdef9.js': '1' } }),
    await openFixture(t, { files: { 'frontend/index.html': '<p>' } }),
  ]
  const live = new LivePlugins()
  const ending = new AbortController()
  let now = 0
  let opened = 0
  const former = createFormerAssets({
    live,
    ending: ending.signal,
    now: () => now,
    open: async (sha256) => {
      opened++
      assert.equal(sha256, before.sha256)
      return before
    },
  })
  live.swap(pagePlugin({ artifact: before }))
  const serving = pagePlugin({ artifact: after })
  live.swap(serving)
  const find = async (plugin = serving) => (await former.find(plugin, 'chunk-1abcdef9.js'))?.artifact.sha256
  assert.equal(await find(), before.sha256)
  assert.equal(await find(), before.sha256)
  assert.equal(opened, 1)
  assert.equal(await find({ ...serving, generation: 'of another author' }), undefined)
  now = 24 * 60 * 60_000
  assert.equal(await find(), undefined)
  ending.abort()
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(before.closed, true)
})
