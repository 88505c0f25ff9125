// kill -9 of the server while photos of the sample arrive: what was acknowledged is there and whole, and nothing is there in half.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { SAMPLES } from '../../runtime/samples/folder-source.ts'
import { startKillable } from '../support/killable.ts'
import { randomOf } from '../support/random.ts'
import { ADMIN_TOKEN, temporaryFolder } from '../support/runtime.ts'
import { zipOf } from '../support/zip.ts'

const ROUNDS = 4
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** The sample without its page, which Vite builds. */
async function photos(): Promise<Uint8Array<ArrayBuffer>> {
  const read = (path: string) => readFile(join(SAMPLES, 'photos', path), 'utf8')
  const { frontend, icon, ...manifest } = JSON.parse(await read('manifest.json'))
  const files = { 'manifest.json': JSON.stringify(manifest) }
  for (const path of ['backend/index.ts', 'backend/album.ts'])
    Object.assign(files, { [path]: await read(path) })
  return new Uint8Array(zipOf(files))
}

/** The album, for the administrator of the tests, who needs no sign-in. */
function visit(origin: string) {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${origin}${path}`, {
      ...init,
      headers: { ...headers, ...(init.headers as Record<string, string>) },
    })
  return {
    async install() {
      const type = { 'content-type': 'application/zip' }
      const init = { method: 'POST', body: await photos(), headers: type }
      assert.equal((await ask('/api/v1/plugins?grant=all', init)).status, 201)
    },
    async me() {
      const { me } = (await (await ask('/plugins/photos/api/photos')).json()) as { readonly me: string }
      return encodeURIComponent(me)
    },
    /** @param path owner and id */
    async photo(path: string) {
      const answer = await ask(`/plugins/photos/api/photos/${path}`)
      assert.equal(answer.status, 200, path)
      return sha256(new Uint8Array(await answer.arrayBuffer()))
    },
    send: (path: string, init: RequestInit & { readonly headers?: Record<string, string> }) =>
      ask(`/plugins/photos/api/photos/${path}`, {
        ...init,
        headers: { 'content-type': 'image/jpeg', ...init.headers },
      }),
  }
}

const PARTS = '?upload=the-same-in-each-round'

test('photos that were acknowledged survive a killed server, and others are not there in half', async (t) => {
  const random = randomOf(20261129)
  const data = await temporaryFolder(t)
  const stored = new Map<string, string>()
  const photo = randomBytes(3_000_000)
  const half = { 'upload-offset': '0', 'upload-complete': '?0' }
  let cut = 0
  let me = ''
  for (let round = 0; round < ROUNDS; round++) {
    const server = await startKillable(t, data)
    const album = visit(server.origin)
    if (round === 0) {
      await album.install()
      me = await album.me()
      assert.equal((await album.send(`${me}/photo`, { method: 'PUT', body: photo })).status, 201)
      stored.set(`${me}/photo`, sha256(photo))
      assert.equal((await album.send(`${me}/parts${PARTS}`, { method: 'POST' })).status, 201)
      const part = { method: 'PATCH', body: photo.subarray(0, 1_000_000), headers: half }
      assert.equal((await album.send(`${me}/parts${PARTS}`, part)).status, 204)
    }
    for (const [path, digest] of stored) assert.equal(await album.photo(path), digest, path)
    const put = async (path: string): Promise<void> => {
      const content = randomBytes(1_000_000)
      const answer = await album.send(path, { method: 'PUT', body: content })
      if (answer.status === 201) stored.set(path, sha256(content))
    }
    let isOver = false
    const writing = (async () => {
      for (let n = 0; !isOver; n++) await put(`${me}/${round}-${n}`)
    })()
    // The kill breaks the connection.
    const ended = writing.catch(() => cut++)
    await new Promise((resolve) => setTimeout(resolve, 100 + random() * 500))
    await server.kill()
    isOver = true
    await ended
  }
  const server = await startKillable(t, data)
  const album = visit(server.origin)
  for (const [path, digest] of stored) assert.equal(await album.photo(path), digest, path)
  const begun = await album.send(`${me}/parts${PARTS}`, { method: 'POST' })
  assert.equal(begun.headers.get('upload-offset'), '1000000', 'a part that was acknowledged is there')
  const last = {
    method: 'PATCH',
    body: photo.subarray(1_000_000),
    headers: { 'upload-offset': '1000000', 'upload-complete': '?1' },
  }
  assert.equal((await album.send(`${me}/parts${PARTS}`, last)).status, 201)
  assert.equal(await album.photo(`${me}/parts`), sha256(photo))
  const folder = join(data, 'plugin-data')
  const left = (await readdir(folder)).includes('.incoming') ? await readdir(join(folder, '.incoming')) : []
  assert.deepEqual(left, [], 'what had arrived in half was removed at the start')
  assert.ok(cut > 0 && stored.size > 1, `${cut} cut short, ${stored.size} stored`)
})
