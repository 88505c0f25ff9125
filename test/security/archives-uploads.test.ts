// Hostile archives through the whole upload: refused with the words of archives, and nothing but the refusal remains (Z5 to Z9).

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createApp } from '../../runtime/app.ts'
import { DEFAULT_PACKAGE_LIMITS } from '../../runtime/config/config.ts'
import { readZip } from '../../runtime/package/worker/archive/read-zip.ts'
import { residentBytesOf } from '../../runtime/processes/process-figures.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { graft } from '../support/graft.ts'
import { descendantsOf } from '../support/jail.ts'
import { ADMIN_TOKEN, api, backendOf, pluginFiles, startTestRuntime, until } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { zipOf } from '../support/zip.ts'
import { record } from './helpers/record.ts'
import { askAll, listenFor } from './helpers/wire.ts'

const CORPUS = fileURLToPath(new URL('../../../shared/corpus/zip/', import.meta.url))
const isMissing = !existsSync(`${CORPUS}expect.json`) && process.env.CI !== 'true'
const skip = isMissing ? 'the corpus of archives is not beside the project' : false

const scope = sharedScope()
let runtime: Runtime
let app: ReturnType<typeof createApp>
before(async () => {
  runtime = await startTestRuntime(scope)
  app = createApp(runtime)
})

const SEED = zipOf(
  pluginFiles({
    id: 'grafted',
    backend: backendOf('return new Response("hello")'),
    files: { 'frontend/index.html': '<p>hello' },
  }),
)

interface Expectation {
  readonly verdict: string
  readonly codes: readonly string[]
  readonly donor?: string
}

function expectations(): [file: string, expected: Expectation][] {
  return Object.entries(
    JSON.parse(readFileSync(`${CORPUS}expect.json`, 'utf8')) as Record<string, Expectation>,
  )
}

/** Shrink a thousandfold, to less than what counts as a bomb. */
const SMALL_BOMBS: readonly string[] = ['libzip/bigzero-zip.zip', 'fifield-zipbomb/single-4MB-ratio1030.zip']

/** It has no other fault than a link, which is left out, or than being a small bomb. */
function mayBeTaken(zip: Uint8Array, donor: string): boolean {
  const outcome = readZip(Buffer.from(zip), DEFAULT_PACKAGE_LIMITS)
  return outcome.ok && (outcome.links.length > 0 || SMALL_BOMBS.includes(donor))
}

interface Told {
  readonly status: number
  readonly code: string | undefined
  readonly outcome: string | undefined
}

async function put(zip: Uint8Array): Promise<Told> {
  const response = await app.request('http://127.0.0.1:3000/api/v1/plugins', {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/zip' },
    body: new Uint8Array(zip),
  })
  const { code, outcome } = (await response.json()) as { code?: string; outcome?: string }
  return { status: response.status, code, outcome }
}

/** What must not change, and what must be gone. */
async function assertUntouched(): Promise<void> {
  assert.deepEqual(await readdir(runtime.store.paths.staging), [])
  assert.deepEqual(await readdir(runtime.store.paths.artifacts), [])
  assert.deepEqual(await runtime.plugins.list(), [])
}

/** The most that lay in the staging folder, and the most memory that one child had, while `run` ran. */
async function watch(run: () => Promise<unknown>): Promise<{ staged: number; memoryMb: number }> {
  let staged = 0
  let memoryMb = 0
  const look = async () => {
    staged = Math.max(staged, await bytesBelow(runtime.store.paths.staging))
    memoryMb = Math.max(
      memoryMb,
      ...descendantsOf(process.pid).map((pid) => residentBytesOf(pid) / 1024 ** 2),
    )
  }
  const timer = setInterval(() => void look(), 10)
  await run()
  clearInterval(timer)
  return { staged, memoryMb }
}

async function bytesBelow(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const sizes = names.map((name) =>
    stat(join(folder, name)).then(
      (found) => (found.isFile() ? found.size : 0),
      () => 0,
    ),
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

test('every hostile archive with our plugin grafted in is refused by the API for the archive, and leaves nothing', {
  skip,
}, async () => {
  const memory = process.memoryUsage.rss()
  const wrong: unknown[] = []
  let refused = 0
  const { memoryMb } = await watch(async () => {
    for (const [file, { verdict, donor }] of expectations()) {
      if (donor === undefined || verdict !== 'reject' || !existsSync(CORPUS + donor)) continue
      const zip = graft(SEED, readFileSync(CORPUS + donor))
      if (zip === undefined) continue
      // archives-corpus.test.ts has what is read of these.
      if (mayBeTaken(zip, donor)) continue
      const { status, code } = await put(zip)
      if (status < 400 || status > 499 || !code?.startsWith('ARCHIVE_')) wrong.push([file, status, code])
      refused++
    }
  })
  assert.deepEqual(wrong, [])
  assert.ok(refused > 380, `${refused} archives were tried`)
  await assertUntouched()
  const grewMb = Math.round((process.memoryUsage.rss() - memory) / 2 ** 20)
  assert.ok(
    grewMb < 256 && memoryMb < 1024,
    `the runtime grew by ${grewMb} MB, the package process had ${memoryMb} MB`,
  )
  record({
    id: 'Z-upload',
    area: 'archives',
    title: `${refused} grafted archives through the API`,
    culprit: 'ARCHIVE_…, nothing kept',
    runtime: { pidUnchanged: true, grewMb },
  })
})

test('Z5 an archive of 100,003 entries is refused before it costs memory', { skip }, async () => {
  const zip = readFileSync(`${CORPUS}zipdiff/R1-01-many-entries-1e5.zip`)
  let told: Told | undefined
  const { memoryMb } = await watch(async () => {
    told = await put(zip)
  })
  assert.deepEqual([told?.status, told?.code], [413, 'ARCHIVE_TOO_LARGE'])
  assert.ok(memoryMb < 512, `the package process had ${memoryMb} MB`)
  await assertUntouched()
  record({
    id: 'Z5',
    area: 'archives',
    title: '100,003 entries',
    culprit: '413 ARCHIVE_TOO_LARGE',
    note: `package process at most ${Math.round(memoryMb)} MB`,
  })
})

test('Z6 a bomb that is a valid plugin is refused before a byte of it is written', { skip }, async () => {
  const bombs = readdirSync(`${CORPUS}fifield-zipbomb`).map((name) => `fifield-zipbomb/${name}`)
  bombs.push(
    ...['R1-05-ratio-1000', 'R1-06-deflate-lie-small', 'R1-07-manifest-bomb'].map(
      (name) => `zipdiff/${name}.zip`,
    ),
  )
  for (const file of bombs.filter((name) => !SMALL_BOMBS.includes(name))) {
    const zip = readFileSync(CORPUS + file)
    let told: Told | undefined
    const { staged, memoryMb } = await watch(async () => {
      told = await put(zip)
    })
    assert.match(told?.code ?? '', /^ARCHIVE_/, file)
    assert.ok(staged <= zip.length + 65_536, `${file}: ${staged} bytes were written`)
    assert.ok(memoryMb < 512, `${file}: ${memoryMb} MB`)
  }
  await assertUntouched()
  record({
    id: 'Z6',
    area: 'archives',
    title: `${bombs.length} bombs`,
    culprit: 'ARCHIVE_…, nothing written but the upload',
  })
})

test('Z7 an upload that is cut anywhere is refused', async () => {
  const zip = zipOf(
    pluginFiles({
      id: 'cut',
      backend: backendOf('return new Response("x")'),
      files: {
        'frontend/index.html': '<p>x',
        'frontend/data.bin': createHash('shake256', { outputLength: 60_000 }).update('x').digest(),
      },
    }),
  )
  const cuts = Array.from({ length: Math.ceil(zip.length / 1024) }, (_, index) => index * 1024)
  cuts.push(...Array.from({ length: 30 }, (_, index) => zip.length - 1 - index))
  for (const at of cuts) {
    const { status, code } = await put(zip.subarray(0, at))
    assert.ok(status === 422 && code?.startsWith('ARCHIVE_'), `cut at ${at}: ${status} ${code}`)
  }
  await assertUntouched()
  record({
    id: 'Z7',
    area: 'archives',
    title: `an upload cut at ${cuts.length} places`,
    culprit: '422, nothing kept',
  })
})

test('Z8 a byte flipped anywhere is refused, or changes nothing', async (t) => {
  const zip = zipOf(pluginFiles({ id: 'flipped', files: { 'frontend/index.html': '<p>x' } }))
  assert.equal((await put(zip)).status, 201)
  t.after(() => api(runtime, '/plugins/flipped?data=delete', { method: 'DELETE' }))
  let refused = 0
  for (let at = 0; at < zip.length; at++) {
    const flipped = Uint8Array.from(zip)
    flipped[at] = (flipped[at] ?? 0) ^ 0xff
    const { status, outcome } = await put(flipped)
    refused += Number(status >= 400)
    assert.ok((status >= 400 && status < 500) || outcome === 'unchanged', `byte ${at}: ${status} ${outcome}`)
  }
  assert.ok(refused > zip.length / 2)
  record({
    id: 'Z8',
    area: 'archives',
    title: `each of ${zip.length} bytes flipped, uploaded`,
    culprit: `${refused} refused, the others void`,
  })
})

test('Z9 every name that an archive may have is found at its address, and nowhere else', {
  skip,
}, async (t) => {
  const names = new Set<string>()
  for (const [file, { verdict }] of expectations()) {
    if (verdict === 'reject' || !existsSync(CORPUS + file)) continue
    const outcome = readZip(readFileSync(CORPUS + file), DEFAULT_PACKAGE_LIMITS)
    if (outcome.ok) for (const name of outcome.files.keys()) names.add(name)
  }
  // Each in a folder of its own: names of different archives would be twins in one.
  const placed = [...names]
    .filter((name) => name.length < 400 && name.split('/').length < 20)
    .map((name, index) => [`n${index}/${name}`, name] as const)
  assert.ok(placed.length > 200, `${placed.length} names`)
  const files = Object.fromEntries(placed.map(([path, name]) => [`frontend/${path}`, `content of ${name}`]))
  const { status, code } = await put(
    zipOf(pluginFiles({ id: 'named', files: { ...files, 'frontend/index.html': 'index' } })),
  )
  assert.equal(status, 201, String(code))
  t.after(() => api(runtime, '/plugins/named?data=delete', { method: 'DELETE' }))
  const port = await listenFor(t, runtime)
  const targets = placed.map(
    ([path]) => `/plugins/named/${path.split('/').map(encodeURIComponent).join('/')}`,
  )
  // As a script fetches them: a page that is shown gets a token.
  const asStored = { Host: `127.0.0.1:${port}`, 'Sec-Fetch-Dest': 'empty' }
  const answers = await askAll(t, port, targets, asStored)
  const wrong = answers.flatMap(({ target, status: found, body }, index) => {
    const [path, name] = placed[index] ?? ['', '']
    // A name that begins with a dot is not an asset.
    if (path.split('/').some((segment) => segment.startsWith('.')))
      return found === 404 ? [] : [[target, found]]
    const isItself = found === 200 && Buffer.from(body, 'latin1').toString() === `content of ${name}`
    return isItself ? [] : [[target, found, body.slice(0, 80)]]
  })
  assert.deepEqual(wrong, [])
  const shouted = await askAll(
    t,
    port,
    targets.map((target) => target.replace('/named/n', '/named/N')),
    { Host: `127.0.0.1:${port}` },
  )
  assert.ok(shouted.every(({ status: found }) => found === 404))
  record({
    id: 'Z9',
    area: 'archives',
    title: `${placed.length} names of files as addresses`,
    culprit: 'each leads to its own bytes',
  })
})

test('the runtime answers after all of that, with the same process', async () => {
  await until('no plugin is left', async () => (await runtime.plugins.list()).length === 0)
  assert.equal((await put(SEED)).status, 201)
})
