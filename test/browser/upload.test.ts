// A photo in a real page: it is uploaded with progress, shown from the disk, and still there in the next server.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { serve } from '../../runtime/serve.ts'
import { openBrowser } from '../http/pages/browser.ts'
import { clientBundle } from '../support/client-bundle.ts'
import { install, startTestRuntime, temporaryFolder } from '../support/runtime.ts'

/** A picture of two by two pixels; what follows the end of a PNG is ignored, and makes it as large as a photo. */
const PIXELS = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR42mP8z8BQz0AEYBxVSF+FAAhKDveksOjmAAAAAElFTkSuQmCC',
  'base64',
)
const PHOTO = Buffer.concat([PIXELS, randomBytes(3_000_000)])

const BACKEND = `export default {
  async fetch(request, { files }) {
    const key = new URL(request.url).pathname.slice(1)
    if (request.method !== 'PUT') return await files.respond(request, key)
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

test('a photo is uploaded with progress, shown, and there after a restart', async (t) => {
  const data = await temporaryFolder(t)
  const browser = await openBrowser(t)
  if (browser === undefined) return
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
})
