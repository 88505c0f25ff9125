import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { brotliDecompressSync } from 'node:zlib'
import { createPrecompression } from '../../../runtime/lifecycle/prepare/precompression.ts'
import { createLog } from '../../../runtime/log.ts'
import { openArtifact } from '../../../runtime/package/artifact.ts'
import { DEVELOPMENT, PRODUCTION } from '../../../runtime/policy.ts'
import { bytesOf, makeArtifact } from '../../package/artifact-fixture.ts'
import { scriptOf } from '../../package/worker/link/script-text.ts'
import { COMPILED } from '../../support/compiled.ts'
import { bothWays, install, startTestRuntime, until } from '../../support/runtime.ts'

const SCRIPT = scriptOf(300_000)
const PAGE = '<!doctype html><head><script src="app.js"></script></head>'
const FILES = { 'frontend/index.html': PAGE, 'frontend/app.js': SCRIPT }
const FIRST_FILES = ['content.bin', 'content.json', 'derived.bin', 'derived.json']
const log = createLog('silent')

/** Reopens the artifact and checks the brotli copy of the script; resolves with its size. */
async function servedSize(folder: string): Promise<number> {
  const artifact = await openArtifact(folder)
  try {
    const br = artifact.asset('app.js')?.variants.own.br
    assert.ok(br)
    assert.equal(brotliDecompressSync(await bytesOf(artifact, br)).toString(), SCRIPT)
    return br.size
  } finally {
    await artifact.close()
  }
}

bothWays(
  'after an upload the brotli copy becomes smaller, and is served with an ETag of its own',
  async (t, way) => {
    const runtime = await startTestRuntime(t)
    const client = await way.open(t, runtime)
    await install(runtime, { id: 'page', files: FILES })
    const get = async (headers: Record<string, string> = {}) => {
      const response = await client.fetch('/plugins/page/app.js', {
        headers: { 'accept-encoding': 'gzip, deflate, br', ...headers },
      })
      const bytes = Buffer.from(await response.arrayBuffer())
      // fetch() of Node decodes what comes from a server; the app hands it on as it is.
      const text = bytes.length === SCRIPT.length ? bytes : brotliDecompressSync(bytes)
      assert.equal(text.toString(), SCRIPT)
      return {
        etag: response.headers.get('etag') ?? '',
        size: Number(response.headers.get('content-length') ?? bytes.length),
      }
    }
    const first = await get()
    let now = first
    await until('the precompressed copy is served', async () => {
      now = await get()
      return now.etag !== first.etag
    })
    assert.ok(now.size < first.size * 0.95, `${first.size} → ${now.size}`)
    assert.equal((await get({ 'if-none-match': first.etag })).etag, now.etag)
  },
)

test('a process that is killed at any step leaves an artifact that serves, and the next one finishes', async (t) => {
  const folder = await makeArtifact(t, { files: FILES })
  const before = await servedSize(folder)
  const isSwept = async () => !(await readdir(folder)).includes('derived.bin')
  let kills = 0
  for (let events = 1; !(await isSwept()); events++) {
    assert.ok(events < 100, 'it never finishes')
    await killAfter(events, folder, isSwept)
    kills++
    await servedSize(folder)
  }
  assert.ok(kills > 3, `killed only ${kills} times`)
  await finish(t, folder)
  assert.ok((await servedSize(folder)) < before)
  assert.equal((await readdir(folder)).length, FIRST_FILES.length, 'nothing is left over')
})

/** Kills the process when that many things have happened in the folder, or when there is nothing left to do. */
async function killAfter(events: number, folder: string, done: () => Promise<boolean>): Promise<void> {
  const watcher = watch(folder)
  let seen = 0
  const entry = join(import.meta.dirname, 'precompression-child.ts')
  const child = spawn(process.execPath, [...COMPILED, entry, folder], { stdio: 'inherit' })
  const exit = once(child, 'exit')
  watcher.on('change', () => {
    if (++seen === events) child.kill('SIGKILL')
  })
  const poll = setInterval(async () => {
    if (await done()) child.kill('SIGKILL')
  }, 50)
  await exit
  clearInterval(poll)
  watcher.close()
}

/** One more opening, as a restart does it: sweeps what the last one could not. */
async function finish(t: TestContext, folder: string): Promise<void> {
  const artifact = await openArtifact(folder)
  t.after(() => artifact.close())
  const precompression = createPrecompression({ folderOf: () => folder, log, quietMs: 0, policy: PRODUCTION })
  precompression.later(artifact)
  await until(
    'the first files are written',
    async () => (await readdir(folder)).length === FIRST_FILES.length,
  )
  await precompression.close()
}

test('close() stops in the middle and leaves nothing behind', async (t) => {
  const folder = await makeArtifact(t, { files: FILES })
  const artifact = await openArtifact(folder)
  t.after(() => artifact.close())
  const before = await servedSize(folder)
  const precompression = createPrecompression({ folderOf: () => folder, log, quietMs: 0, policy: PRODUCTION })
  precompression.later(artifact)
  await until('more files are written', async () => (await readdir(folder)).length > FIRST_FILES.length)
  await precompression.close()
  assert.deepEqual((await readdir(folder)).sort(), FIRST_FILES)
  assert.equal(await servedSize(folder), before)
  precompression.later(artifact)
  await precompression.close()
})

test('releases that go live while others are being compressed get their turn', async (t) => {
  const folders = await Promise.all([1, 2, 3].map(() => makeArtifact(t, { files: FILES })))
  const artifacts = await Promise.all(folders.map((folder) => openArtifact(folder)))
  t.after(() => Promise.all(artifacts.map((artifact) => artifact.close())))
  let next = 0
  const precompression = createPrecompression({
    folderOf: () => folders[next++] ?? '',
    log,
    quietMs: 0,
    policy: PRODUCTION,
  })
  t.after(() => precompression.close())
  for (const [index, artifact] of artifacts.entries()) {
    const etag = artifact.asset('app.js')?.variants.own.br?.etag
    assert.ok(etag)
    precompression.later(artifact)
    // The second comes while the first is under way, the third when all is done.
    if (index !== 0)
      await until(
        'another copy is used',
        async () => artifact.asset('app.js')?.variants.own.br?.etag !== etag,
      )
  }
})

test('in development nothing is compressed again', async (t) => {
  const folder = await makeArtifact(t, { files: FILES })
  const artifact = await openArtifact(folder)
  t.after(() => artifact.close())
  const precompression = createPrecompression({
    folderOf: () => folder,
    log,
    quietMs: 0,
    policy: DEVELOPMENT,
  })
  t.after(() => precompression.close())
  precompression.later(artifact)
  await wait(300)
  assert.deepEqual((await readdir(folder)).sort(), FIRST_FILES)
})
