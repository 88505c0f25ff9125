import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { openArtifact } from '../../runtime/package/artifact.ts'
import { ByteSource } from '../../runtime/package/byte-source.ts'
import { allOf, bytesOf, makeArtifact, openFixture } from './artifact-fixture.ts'

const LARGE = randomBytes(700_000)
const TEXT = 'body { color: red }\n'.repeat(200)

const FILES = {
  'backend/index.js': 'secret',
  'frontend/index.html': '<head><link rel=stylesheet href="/app.css">',
  'frontend/app.css': TEXT,
  'frontend/large.png': LARGE,
  'frontend/empty.txt': '',
  'frontend/__proto__': 'odd',
  'frontend/tool.exe': 'MZ',
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

test('openArtifact() gives back every asset byte by byte, and nothing outside the frontend', async (t) => {
  const artifact = await openFixture(t, { files: FILES, code: 'code' })
  for (const [path, content] of Object.entries(FILES)) {
    if (!path.startsWith('frontend/')) continue
    const asset = artifact.asset(path.slice('frontend/'.length))
    assert.ok(asset, path)
    const { identity } = asset.variants.own
    const expected = Buffer.from(content)
    assert.ok(expected.equals(await bytesOf(artifact, identity)), path)
    assert.equal(identity.etag, `"${sha256(expected).slice(0, 32)}"`)
  }
  for (const path of [
    'backend/index.js',
    '../backend/index.js',
    'manifest.json',
    '',
    'INDEX.HTML',
    'constructor',
    'frontend/app.css',
  ]) {
    assert.equal(artifact.asset(path), undefined, path)
  }
  assert.equal(artifact.manifest.id, 'hello')
  assert.equal(artifact.asset('tool.exe')?.attachment, true)
})

test('openArtifact() hides the files of tools', async (t) => {
  const hidden = ['.env', '.vite/manifest.json', 'a/.git/config']
  const shown = ['.well-known/x.json', 'a.b', 'index.html']
  const files = Object.fromEntries([...hidden, ...shown].map((path) => [`frontend/${path}`, '{}']))
  const artifact = await openFixture(t, {
    files: { ...files, 'frontend/.vite/manifest.json': '{"a":{"file":"x"}}' },
  })
  for (const path of hidden) assert.equal(artifact.asset(path), undefined, path)
  for (const path of shown) assert.ok(artifact.asset(path), path)
})

test('openArtifact() offers compressed copies, and relative pages for the shared origin only', async (t) => {
  const artifact = await openFixture(t, { files: FILES })
  const css = artifact.asset('app.css')?.variants.own
  assert.ok(css?.gzip && css.br)
  assert.equal(gunzipSync(await bytesOf(artifact, css.gzip)).toString(), TEXT)
  assert.equal(brotliDecompressSync(await bytesOf(artifact, css.br)).toString(), TEXT)
  assert.equal(new Set([css.identity.etag, css.gzip.etag, css.br.etag]).size, 3)
  assert.equal(artifact.asset('large.png')?.variants.own.gzip, null)

  const page = artifact.asset('index.html')?.variants
  assert.ok(page)
  assert.match((await bytesOf(artifact, page.own.identity)).toString(), /href="\/app\.css"/)
  assert.match((await bytesOf(artifact, page.shared.identity)).toString(), /href="\.\/app\.css"/)
  assert.notEqual(page.own.identity.etag, page.shared.identity.etag)
})

test('read() gives ranges of small and of large assets, remembered or not', async (t) => {
  const artifact = await openFixture(t, { files: FILES })
  const large = artifact.asset('large.png')?.variants.own.identity
  const small = artifact.asset('app.css')?.variants.own.identity
  assert.ok(large && small)
  for (const [start, end] of [
    [0, 1],
    [699_999, 700_000],
    [100, 600_000],
  ] as const) {
    assert.ok(LARGE.subarray(start, end).equals(await bytesOf(artifact, large, { start, end })))
  }
  assert.equal((await bytesOf(artifact, small, { start: 5, end: 9 })).toString(), TEXT.slice(5, 9))
  await bytesOf(artifact, small)
  assert.ok(artifact.read(small) instanceof Uint8Array, 'remembered')
  assert.equal((await bytesOf(artifact, small, { start: 5, end: 9 })).toString(), TEXT.slice(5, 9))
})

test('close() waits for readers, refuses new ones, and may be called twice', async (t) => {
  const artifact = await openFixture(t, { files: FILES })
  const large = artifact.asset('large.png')?.variants.own.identity
  assert.ok(large)
  const source = artifact.read(large)
  assert.ok(source instanceof ByteSource)
  const release = artifact.acquire()
  let closed = false
  const closing = artifact.close().then(() => {
    closed = true
  })
  await assert.rejects(async () => artifact.read(large), { code: 'PLUGIN_UNAVAILABLE' })
  assert.throws(() => artifact.acquire(), { code: 'PLUGIN_UNAVAILABLE' })
  assert.ok(LARGE.equals(await allOf(source)))
  assert.equal(closed, false)
  release()
  release()
  await closing
  await artifact.close()
})

test('close() does not wait for a source that was cancelled', async (t) => {
  const artifact = await openFixture(t, { files: FILES })
  const large = artifact.asset('large.png')?.variants.own.identity
  assert.ok(large)
  const source = artifact.read(large)
  assert.ok(source instanceof ByteSource)
  source.cancel()
  source.cancel()
  await artifact.close()
})

test('an artifact names the linked code and its map, or null for a package without a backend', async (t) => {
  const { backend } = await openFixture(t, { files: FILES, code: 'export default 1' })
  assert.ok(backend)
  assert.equal(await readFile(backend.codePath, 'utf8'), 'export default 1')
  assert.equal(await readFile(backend.mapPath, 'utf8'), '{}')
  assert.equal((await openFixture(t, { files: FILES })).backend, null)
})

test('openArtifact() refuses a damaged artifact', async (t) => {
  const change = async (file: string, edit: (text: string) => string): Promise<string> => {
    const folder = await makeArtifact(t, { files: FILES })
    await writeFile(join(folder, file), edit(await readFile(join(folder, file), 'utf8')))
    return folder
  }
  const damaged = [
    await change('content.json', (text) => text.slice(0, -5)),
    await change('content.json', (text) => text.replace('"format":1', '"format":2')),
    await change('content.json', (text) => text.replace('"offset":0', '"offset":-1')),
    await change('content.json', (text) => text.replace('"size":6', '"size":60000000')),
    await change('content.json', (text) => text.replace('text/css; charset=utf-8', 'text/css\\r\\nx: y')),
    await change('derived.json', (text) => text.replace('"use":"own"', '"use":"other"')),
  ]
  const short = await makeArtifact(t, { files: FILES })
  await truncate(join(short, 'content.bin'), 100)
  for (const folder of [...damaged, short]) {
    await assert.rejects(
      openArtifact(folder),
      { code: 'INTERNAL', message: /The artifact is damaged/ },
      folder,
    )
  }
})

test('openArtifact() does not follow a link, and an open artifact does not see what is put in its place', async (t) => {
  const folder = await makeArtifact(t, { files: FILES })
  const artifact = await openArtifact(folder)
  t.after(() => artifact.close())
  await rename(join(folder, 'content.bin'), join(folder, 'moved.bin'))
  await symlink('/etc/passwd', join(folder, 'content.bin'))
  const css = artifact.asset('app.css')?.variants.own.identity
  assert.ok(css)
  assert.equal((await bytesOf(artifact, css)).toString(), TEXT)
  await assert.rejects(openArtifact(folder), { code: 'ELOOP' })
  await rm(join(folder, 'content.bin'))
})
