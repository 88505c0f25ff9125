// What is done otherwise in development: nothing is compressed, nothing waits for the disk, and a power cut breaks nothing.

import assert from 'node:assert/strict'
import { open, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pluginZip, startTestRuntime, temporaryFolder, upload } from '../support/runtime.ts'
import { saying, startDevPlugin } from './dev-plugin.ts'

const PAGE = `<!doctype html><title>A page</title>${'<p>that is worth compressing</p>'.repeat(200)}`
const SOURCE = { id: 'hello', backend: saying('one'), files: { 'frontend/index.html': PAGE } }

/** Counts what is forced onto the disk in this process, but for SQLite's own. */
async function countFlushes(t: TestContext): Promise<() => number> {
  const handle = await open(join(await temporaryFolder(t), 'x'), 'w')
  const { mock } = t.mock.method(Object.getPrototypeOf(handle), 'sync')
  await handle.close()
  return () => mock.callCount()
}

async function artifactsIn(data: string): Promise<readonly string[]> {
  const folder = join(data, 'artifacts')
  return (await readdir(folder)).map((name) => join(folder, name))
}

async function encodingsIn(artifact: string): Promise<readonly string[]> {
  const { parts } = JSON.parse(await readFile(join(artifact, 'derived.json'), 'utf8')) as {
    readonly parts: readonly { readonly encoding: string }[]
  }
  return [...new Set(parts.map(({ encoding }) => encoding))].sort()
}

test('a save neither compresses nor flushes, an upload to a server does both', async (t) => {
  const flushes = await countFlushes(t)
  const dev = await startDevPlugin(t, SOURCE)
  await dev.save({ 'frontend/index.html': `${PAGE}<p>changed</p>` })
  assert.equal((await dev.next('swap')).change, 'frontend')
  // The key of secrets and the entry of its file, when the data folder is made.
  assert.equal(flushes(), 2)
  const saved = await artifactsIn(join(dev.folder, '.plugbay'))
  assert.equal(saved.length, 2)
  for (const artifact of saved)
    assert.deepEqual(
      (await encodingsIn(artifact)).filter((encoding) => encoding !== 'identity'),
      [],
    )

  const runtime = await startTestRuntime(t)
  assert.equal((await upload(runtime, pluginZip(SOURCE))).status, 201)
  assert.ok(flushes() > 4)
  const [installed = ''] = await artifactsIn(runtime.config.data)
  assert.deepEqual(
    (await encodingsIn(installed)).filter((encoding) => encoding !== 'identity'),
    ['br', 'gzip'],
  )
})

test('an artifact damaged by a power cut is rewritten by the next session', async (t) => {
  const first = await startDevPlugin(t, SOURCE)
  await first.close()
  const [artifact = ''] = await artifactsIn(join(first.folder, '.plugbay'))
  const damaged = ['content.bin', 'content.json', 'backend.js'].map((name) => join(artifact, name))
  for (const path of damaged) await writeFile(path, Buffer.alloc((await stat(path)).size))
  const second = await startDevPlugin(t, { folder: first.folder })
  assert.equal(await (await second.get('/api/')).text(), 'one')
  const { manifest } = JSON.parse(await readFile(join(artifact, 'content.json'), 'utf8')) as {
    readonly manifest: { readonly id: string }
  }
  assert.equal(manifest.id, 'hello')
  assert.match(await readFile(join(artifact, 'content.bin'), 'utf8'), /that is worth compressing/)
})
