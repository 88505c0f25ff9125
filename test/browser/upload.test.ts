// A photo in a real page: it is uploaded with progress, shown from the disk, and still there in the next server.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { serve } from '../../runtime/serve.ts'
import { openBrowser } from '../support/chromium.ts'
import { clientBundle } from '../support/client-bundle.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import { install, startTestRuntime, temporaryFolder, until } from '../support/runtime.ts'

/** A picture of two by two pixels; what follows the end of a PNG is ignored, and makes it as large as a photo. */
const PIXELS = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR42mP8z8BQz0AEYBxVSF+FAAhKDveksOjmAAAAAElFTkSuQmCC',
  'base64',
)
const PHOTO = Buffer.concat([PIXELS, randomBytes(3_000_000)])

const BACKEND = `export default {
  async fetch(request, { files }) {
    const { pathname, searchParams } = new URL(request.url)
    const key = pathname.slice(1)
    if (request.method === 'GET') return await files.respond(request, key)
    if (searchParams.has('upload')) return (await files.receive(request, key)).response
    const { size } = await files.put(key, request.body, { httpMetadata: request.headers })
    return Response.json({ size }, { status: 201 })
  },
}`
const PAGE = `<!doctype html><html><head><script type="module">
import * as client from './client.js'
globalThis.upload = async (bytes, ms) => {
  const seen = []
  const signal = ms === undefined ? undefined : AbortSignal.timeout(ms)
  const photo = new Blob([bytes], { type: 'image/png' })
  const answer = await client.upload('/photo.png', photo, { signal, onProgress: (progress) => seen.push(progress) })
  return { status: answer.status, body: await answer.json(), type: answer.headers.get('content-type'), last: seen.at(-1), times: seen.length }
}
globalThis.progress = []
/** The same bytes for the same seed, as of a file that is chosen again. */
globalThis.send = async (path, size, seed) => {
  const bytes = new Uint8Array(size)
  for (let n = 0, value = seed; n < size; n++) bytes[n] = (value = (value * 1103515245 + 12345) & 0x7fffffff) >> 16
  globalThis.progress = []
  const file = new File([bytes], 'video.mp4', { type: 'video/mp4', lastModified: seed })
  const onProgress = (progress) => globalThis.progress.push(progress)
  const answer = await client.upload(path, file, { resumable: true, onProgress })
  const kept = await (await client.api(path)).bytes()
  return { status: answer.status, body: await answer.json(), isWhole: kept.every((byte, n) => byte === bytes[n]) && kept.length === size, progress: globalThis.progress }
}
globalThis.show = async () => {
  const image = new Image()
  image.src = client.mount + '/api/photo.png'
  document.body.append(image)
  await image.decode()
  return [image.naturalWidth, image.naturalHeight]
}
</script></head><body></body></html>`

type Uploaded = {
  readonly status: number
  readonly body: unknown
  readonly type: string
  readonly last: unknown
  readonly times: number
}

async function upload(page: Page): Promise<Uploaded> {
  return await page.evaluate(async (text) => {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
    return await (globalThis as unknown as { upload(bytes: Uint8Array): Promise<Uploaded> }).upload(bytes)
  }, PHOTO.toString('base64'))
}

test('a file goes from a page to the server', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  await t.test('a photo is uploaded with progress, shown, and there after a restart', (t) =>
    photo(t, browser),
  )
  await t.test('what a cut connection has left goes on, and comes once', (t) => resumed(t, browser))
  await t.test('the examples of docs/files.md send a file that a visitor has chosen', (t) =>
    documented(t, browser),
  )
})

/** Pages of the examples, each with what stands around it: a field, a bar, and what the second one leaves to its page. */
async function documented(t: TestContext, browser: Browser): Promise<void> {
  const text = await readFile(join(import.meta.dirname, '../../docs/files.md'), 'utf8')
  const examples = [...text.matchAll(/^```js\n(.*?)^```/gms)].map(([, code = '']) => code)
  const clients = examples.filter((code) => code.includes('await upload('))
  const backends = examples.filter((code) => code.includes('export default'))
  assert.deepEqual([clients.length, backends.length], [2, 2])
  const runtime = await startTestRuntime(t)
  const listening = await serve(runtime)
  t.after(() => listening.close(0))
  const around = [
    '',
    "import { upload } from 'plugbay/client'\nconst ending = new AbortController()\nconst onProgress = ({ sent, total }) => { bar.value = sent / total }",
  ]
  for (const [index, code] of clients.entries()) {
    const id = `example-${index}`
    const imports = `${around[index]}\n${code
      .split('\n')
      .filter((line) => line.startsWith('import '))
      .join('\n')}`
    const body = code.replaceAll(/^import .*$/gm, '')
    const script = `${imports}\ninput.onchange = async () => {${body}; document.title = answer.status + ' ' + bar.value }`
    await install(runtime, {
      id,
      backend: backends[index] ?? '',
      manifest: { permissions: { files: true, kv: true } },
      files: {
        'frontend/app.js': await clientBundle(script),
        'frontend/index.html':
          '<!doctype html><input type="file" id="input"><progress id="bar" value="0"></progress><script type="module" src="app.js"></script>',
      },
    })
    const page = await browser.newPage()
    const address = `http://127.0.0.1:${listening.port}/plugins/${id}/`
    await page.goto(address)
    await page.setInputFiles('#input', { name: 'photo.png', mimeType: 'image/png', buffer: PHOTO })
    await page.waitForFunction(() => document.title === '201 1')
    const kept = await fetch(`${address}api/${index === 0 ? 'photos' : 'videos'}/1`)
    assert.ok(PHOTO.equals(Buffer.from(await kept.arrayBuffer())), id)
    await page.close()
  }
}

async function photo(t: TestContext, browser: Browser): Promise<void> {
  const data = await temporaryFolder(t)
  const runtime = await startTestRuntime(t, { config: { data: join(data, 'data') } })
  const files = { 'frontend/client.js': await clientBundle(), 'frontend/index.html': PAGE }
  await install(runtime, { id: 'album', backend: BACKEND, files, manifest: { permissions: { files: true } } })
  const listening = await serve(runtime)
  t.after(() => listening.close(0))
  for (const origin of [
    `http://album.localhost:${listening.port}/`,
    `http://127.0.0.1:${listening.port}/plugins/album/`,
  ]) {
    const page = await browser.newPage()
    await page.goto(origin)
    await page.waitForFunction(() => 'upload' in globalThis)
    const { times, ...uploaded } = await upload(page)
    const total = PHOTO.length
    assert.deepEqual(uploaded, {
      ...{ status: 201, body: { size: total }, type: 'application/json' },
      last: { sent: total, total },
    })
    assert.ok(times > 0)
    const size = await page.evaluate(() => (globalThis as unknown as { show(): Promise<number[]> }).show())
    assert.deepEqual(size, [2, 2])
    await page.close()
  }
  await listening.close(0)
  await runtime.close()
  const again = await startTestRuntime(t, { config: { data: join(data, 'data') } })
  const last = await serve(again)
  t.after(() => last.close(0))
  const answer = await fetch(`http://127.0.0.1:${last.port}/plugins/album/api/photo.png`)
  assert.ok(Buffer.from(await answer.arrayBuffer()).equals(PHOTO))
}

interface Sent {
  readonly status: number
  readonly body: { readonly size: number }
  readonly isWhole: boolean
  readonly progress: readonly { readonly sent: number; readonly total: number }[]
}

/** Of the client (sdk/client/resumable-upload.ts). */
const PART = 2 * 1024 * 1024
const SIZE = 3 * PART + 500_000
/** Heads, and what the page asks beside it. */
const HEADS = 60_000

async function resumed(t: TestContext, browser: Browser): Promise<void> {
  const runtime = await startTestRuntime(t)
  const files = { 'frontend/client.js': await clientBundle(), 'frontend/index.html': PAGE }
  await install(runtime, { id: 'album', backend: BACKEND, files, manifest: { permissions: { files: true } } })
  const listening = await serve(runtime)
  t.after(() => listening.close(0))
  const proxy = await startCuttingProxy(t, listening.port)
  const page = await browser.newPage()
  t.after(() => page.close())
  const open = async () => {
    await page.goto(`http://127.0.0.1:${proxy.port}/plugins/album/`)
    await page.waitForFunction(() => 'send' in globalThis)
  }
  type Sender = { send(path: string, size: number, seed: number): Promise<Sent> }
  const send = (path: string, seed: number) =>
    page.evaluate(([to, size, from]) => (globalThis as unknown as Sender).send(to, size, from), [
      path,
      SIZE,
      seed,
    ] as const)
  await open()

  await t.test('after a cut in the midst of a part', async () => {
    const before = proxy.passed
    proxy.cutAfter(PART + 1_000_000, { isMended: true })
    const { status, body, isWhole, progress } = await send('/cut', 1)
    assert.deepEqual([status, body.size, isWhole], [201, SIZE, true])
    assert.ok(proxy.cuts > 0)
    // The first part has arrived, and what there was of the second one is sent again.
    const again = proxy.passed - before - SIZE
    assert.ok(again > 0 && again < PART + HEADS, `${again} bytes were sent again`)
    assert.deepEqual(progress.at(-1), { sent: SIZE, total: SIZE })
    assert.ok(progress.every(({ sent, total }) => sent <= total && total === SIZE))
    const steps = progress.slice(1).map(({ sent }, n) => [progress[n]?.sent ?? 0, sent] as const)
    const back = steps.filter(([from, to]) => to < from)
    assert.ok(
      back.every(([, to]) => to === PART),
      'it goes back to what has arrived',
    )
  })

  await t.test('after the answer to the last part was lost', async () => {
    const before = proxy.passed
    proxy.loseAnswerAfter(SIZE)
    const { status, body, isWhole } = await send('/lost', 2)
    assert.deepEqual([status, body.size, isWhole], [201, SIZE, true])
    // Chromium itself repeats a request on a connection that it has used before.
    const again = proxy.passed - before - SIZE
    assert.ok(again < (SIZE % PART) + HEADS, `${again} bytes were sent again`)
  })

  await t.test('after a reload', async () => {
    const before = proxy.passed
    proxy.cutAfter(2 * PART + 1_000_000)
    const lost = send('/reload', 3).catch(() => undefined)
    await page.waitForFunction(
      (bytes) => (globalThis as unknown as Pick<Sent, 'progress'>).progress.some(({ sent }) => sent >= bytes),
      2 * PART,
    )
    await until('it is cut', () => proxy.passed - before >= 2 * PART + 1_000_000)
    proxy.mend()
    await open()
    await lost
    const { status, body, isWhole, progress } = await send('/reload', 3)
    assert.deepEqual([status, body.size, isWhole], [201, SIZE, true])
    assert.ok((progress[0]?.sent ?? 0) >= 2 * PART, 'it begins with what has arrived')
    const again = proxy.passed - before - SIZE
    assert.ok(again < PART + HEADS, `${again} bytes were sent again`)
  })
}
