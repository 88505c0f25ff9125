import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { createLog } from '../../runtime/log.ts'
import { type Artifact, openArtifact } from '../../runtime/package/artifact.ts'
import { ArtifactFiles } from '../../runtime/package/artifact-files.ts'
import { createByteCache } from '../../runtime/package/byte-cache.ts'
import { type CompressionProcess, openCompressionProcess } from '../../runtime/package/compression-process.ts'
import { DerivedWriter, sweepDerived } from '../../runtime/package/derived-writer.ts'
import { makeStrongCopies } from '../../runtime/package/precompress.ts'
import { readDerived } from '../../runtime/package/read-indexes.ts'
import { bytesOf, makeArtifact } from './artifact-fixture.ts'
import { scriptOf } from './worker/link/script-text.ts'

const SCRIPT = scriptOf(300_000)
const PAGE = `<head><script src="/app.js"></script>${'<p>text</p>'.repeat(300)}`
const NOISE = randomBytes(2000)
const FILES = {
  'frontend/index.html': PAGE,
  'frontend/app.js': SCRIPT,
  'frontend/small.css': 'a { color: red }',
  'frontend/noise.wasm': NOISE,
  'frontend/picture.png': randomBytes(300_000),
}
const FIRST_FILES = ['content.bin', 'content.json', 'derived.bin', 'derived.json']
const always = () => true

function compressionFor(t: TestContext): CompressionProcess {
  const compression = openCompressionProcess(createLog('silent'))
  t.after(() => compression.close())
  return compression
}

async function opened(t: TestContext, folder: string, cache = createByteCache(8_000_000)): Promise<Artifact> {
  const artifact = await openArtifact(folder, { cache })
  t.after(() => artifact.close())
  return artifact
}

function copiesOf(artifact: Artifact, path: string, use: 'own' | 'shared' = 'own') {
  const variant = artifact.asset(path)?.variants[use]
  assert.ok(variant?.br && variant.gzip, path)
  return { ...variant, br: variant.br, gzip: variant.gzip }
}

/** Every representation of every asset says what the author wrote. */
async function assertServes(artifact: Artifact): Promise<void> {
  const script = copiesOf(artifact, 'app.js')
  assert.equal((await bytesOf(artifact, script.identity)).toString(), SCRIPT)
  assert.equal(gunzipSync(await bytesOf(artifact, script.gzip)).toString(), SCRIPT)
  assert.equal(brotliDecompressSync(await bytesOf(artifact, script.br)).toString(), SCRIPT)
  for (const use of ['own', 'shared'] as const) {
    const page = copiesOf(artifact, 'index.html', use)
    const expected = use === 'own' ? PAGE : PAGE.replace('"/app.js"', '"./app.js"')
    assert.equal((await bytesOf(artifact, page.identity)).toString(), expected)
    assert.equal(gunzipSync(await bytesOf(artifact, page.gzip)).toString(), expected)
    assert.equal(brotliDecompressSync(await bytesOf(artifact, page.br)).toString(), expected)
    assert.equal(page.head, 6)
  }
  assert.equal(artifact.asset('small.css')?.variants.own.br, null)
  assert.equal(artifact.asset('noise.wasm')?.variants.own.br, null)
  const noise = artifact.asset('noise.wasm')?.variants.own.identity
  assert.ok(noise)
  assert.deepEqual(await bytesOf(artifact, noise), NOISE)
}

test('makeStrongCopies() makes copies smaller, once, and an open artifact takes them up', async (t) => {
  const folder = await makeArtifact(t, { files: FILES })
  const cache = createByteCache(8_000_000)
  const artifact = await opened(t, folder, cache)
  await assertServes(artifact)
  assert.equal(await artifact.refresh(), false)
  const before = copiesOf(artifact, 'app.js')
  const beforeBytes = await bytesOf(artifact, before.br)

  const compression = compressionFor(t)
  const outcome = await makeStrongCopies(folder, { compression, wanted: always })
  assert.equal(outcome.kind, 'made')
  assert.ok(outcome.bytesAfter < outcome.bytesBefore, JSON.stringify(outcome))
  assert.deepEqual(copiesOf(artifact, 'app.js'), before, 'nothing changes before it is taken up')

  assert.equal(await artifact.refresh(), true)
  await sweepDerived(folder)
  const after = copiesOf(artifact, 'app.js')
  assert.ok(after.br.size < before.br.size && after.gzip.size <= before.gzip.size)
  assert.notEqual(after.br.etag, before.br.etag)
  assert.deepEqual(after.identity, before.identity)
  await assertServes(artifact)
  assert.deepEqual(await bytesOf(artifact, before.br), beforeBytes, 'who holds the old copy reads it')

  const [bytes = ''] = (await readdir(folder)).filter((name) => !FIRST_FILES.includes(name))
  assert.match(bytes, /^derived-[0-9a-f]{16}\.bin$/)
  assert.deepEqual((await readdir(folder)).sort(), ['content.bin', 'content.json', bytes, 'derived.json'])
  await assertServes(await opened(t, folder, cache))
  assert.deepEqual(await makeStrongCopies(folder, { compression, wanted: always }), { kind: 'present' })
  assert.equal(await artifact.refresh(), false)
})

test('openings of one folder from before and after share a cache and still get their own bytes', async (t) => {
  const folder = await makeArtifact(t, { files: { 'frontend/app.js': SCRIPT } })
  const cache = createByteCache(8_000_000)
  const old = await opened(t, folder, cache)
  const before = copiesOf(old, 'app.js').gzip
  // As long as the copy of before, and in the same place.
  const other = Buffer.alloc(before.size, 7)
  const writer = await DerivedWriter.create(folder)
  await writer.append({ path: 'app.js', use: 'own', encoding: 'gzip' }, [other])
  await writer.publish([])
  const fresh = await opened(t, folder, cache)
  const after = fresh.asset('app.js')?.variants.own.gzip
  assert.equal(after?.offset, before.offset)
  for (let round = 0; round < 2; round++) {
    assert.equal(gunzipSync(await bytesOf(old, before)).toString(), SCRIPT)
    assert.ok(other.equals(await bytesOf(fresh, after)))
  }
})

test('an opening that read the index just before the stronger copies came gets those', async (t) => {
  const folder = await makeArtifact(t, { files: FILES })
  const compression = compressionFor(t)
  class Overtaken extends ArtifactFiles {
    override async add(name: string): Promise<number> {
      if (name === 'derived.bin') {
        await makeStrongCopies(folder, { compression, wanted: always })
        await sweepDerived(folder)
      }
      return await super.add(name)
    }
  }
  const files = new Overtaken(folder, createByteCache(0))
  t.after(() => files.close())
  assert.equal((await readDerived(folder, files)).strong, true)
})

test('precompress() leaves an artifact alone that has nothing to compress, or is not needed any more', async (t) => {
  const compression = compressionFor(t)
  const plain = await makeArtifact(t, { files: { 'frontend/index.html': 'short' } })
  assert.deepEqual(await makeStrongCopies(plain, { compression, wanted: always }), {
    kind: 'nothing-to-compress',
  })
  assert.equal(compression.pid, undefined, 'no process was started')
  const folder = await makeArtifact(t, { files: FILES })
  let steps = 0
  const outcome = await makeStrongCopies(folder, { compression, wanted: () => steps++ < 2 })
  assert.deepEqual(outcome, { kind: 'not-wanted' })
  assert.deepEqual((await readdir(folder)).sort(), FIRST_FILES)
})

test('a compression process that is killed changes nothing, and the next attempt works', async (t) => {
  const folder = await makeArtifact(t, { files: FILES })
  const compression = compressionFor(t)
  const killed: Pick<CompressionProcess, 'compress'> = {
    compress(source, encoding) {
      const copy = compression.compress(source, encoding)
      if (encoding === 'br' && compression.pid !== undefined) process.kill(compression.pid, 'SIGKILL')
      return copy
    },
  }
  await assert.rejects(makeStrongCopies(folder, { compression: killed, wanted: always }), {
    code: 'PROCESS_CRASHED',
  })
  assert.deepEqual((await readdir(folder)).sort(), FIRST_FILES)
  await assertServes(await opened(t, folder))
  assert.equal((await makeStrongCopies(folder, { compression, wanted: always })).kind, 'made')
  await assertServes(await opened(t, folder))
})

test('the copies of a large asset come in slices, whole', async (t) => {
  // Not compressible to less than about 1.5 MB, which is more than one slice.
  const source = Buffer.from(randomBytes(1_500_000).toString('hex'))
  const compression = compressionFor(t)
  const copy = await compression.compress(source, 'gzip')
  assert.ok(copy !== null && copy.length > 1024 * 1024)
  assert.ok(source.equals(gunzipSync(copy)))
  assert.equal(await compression.compress(randomBytes(3000), 'br'), null)
})

test('what an interrupted writer left is swept, and never what the index names', async (t) => {
  const folder = await makeArtifact(t, { files: FILES })
  const abandoned = await DerivedWriter.create(folder)
  await abandoned.append({ path: 'app.js', use: 'own', encoding: 'br' }, [Buffer.from('half')])
  await writeFile(join(folder, 'derived-0123456789abcdef.json'), '{"format"')
  await assertServes(await opened(t, folder))
  await sweepDerived(folder)
  assert.deepEqual((await readdir(folder)).sort(), FIRST_FILES)
  await assert.rejects(abandoned.publish([]), { code: 'ENOENT' }, 'its folder is no longer what it was')
  await abandoned.discard()
  await assertServes(await opened(t, folder))
})

test('an index from before there were stronger copies is read; one that names another file is refused', async (t) => {
  const folder = await makeArtifact(t, { files: FILES })
  const path = join(folder, 'derived.json')
  const index = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
  const { bytes: _bytes, strong: _strong, ...older } = index
  await writeFile(path, JSON.stringify(older))
  await assertServes(await opened(t, folder))
  for (const bytes of ['../derived.bin', 'content.bin', '/etc/passwd', 'derived-1.bin', 7]) {
    await writeFile(path, JSON.stringify({ ...index, bytes }))
    await assert.rejects(openArtifact(folder), { code: 'INTERNAL', message: /"bytes"/ }, String(bytes))
  }
  await writeFile(path, JSON.stringify({ ...index, bytes: 'derived-0123456789abcdef.bin' }))
  await assert.rejects(openArtifact(folder), { code: 'ENOENT' })
})
