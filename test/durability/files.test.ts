// kill -9 of the server while files arrive: what was acknowledged is there and whole, and nothing is there in half.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startKillable } from '../support/killable.ts'
import { randomOf } from '../support/random.ts'
import { ADMIN_TOKEN, pluginFiles, temporaryFolder } from '../support/runtime.ts'
import { zipOf } from '../support/zip.ts'

const ROUNDS = 4
const BACKEND = `export default {
  async fetch(request, { files }) {
    const key = new URL(request.url).pathname.slice(1)
    if (request.method !== 'PUT') return await files.respond(request, key)
    return Response.json((await files.put(key, request.body)).etag)
  },
}`

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test('files that were acknowledged survive a killed server, and others are not there in half', async (t) => {
  const random = randomOf(20261129)
  const data = await temporaryFolder(t)
  const stored = new Map<string, string>()
  const photo = randomBytes(3_000_000)
  let cut = 0
  for (let round = 0; round < ROUNDS; round++) {
    const server = await startKillable(t, data)
    const url = (key: string) => `${server.origin}/plugins/album/api/${key}`
    if (round === 0) {
      const album = { id: 'album', backend: BACKEND, manifest: { permissions: { files: true } } }
      const body = new Uint8Array(zipOf(pluginFiles(album)))
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/zip' }
      const installed = await fetch(`${server.origin}/api/v1/plugins`, { method: 'POST', body, headers })
      assert.equal(installed.status, 201)
      const put = await fetch(url('photo'), { method: 'PUT', body: photo })
      assert.equal(await put.json(), sha256(photo))
      stored.set('photo', sha256(photo))
    }
    for (const [key, etag] of stored) {
      const answer = await fetch(url(key))
      assert.equal(answer.status, 200, key)
      assert.equal(sha256(new Uint8Array(await answer.arrayBuffer())), etag, key)
    }
    const put = async (key: string): Promise<void> => {
      const content = randomBytes(1_000_000)
      const answer = await fetch(url(key), { method: 'PUT', body: content })
      if (answer.status === 200) stored.set(key, await answer.json())
    }
    let isOver = false
    const writing = (async () => {
      for (let n = 0; !isOver; n++) await put(`${round}-${n}`)
    })()
    // The kill breaks the connection.
    const ended = writing.catch(() => cut++)
    await new Promise((resolve) => setTimeout(resolve, 100 + random() * 500))
    await server.kill()
    isOver = true
    await ended
  }
  const server = await startKillable(t, data)
  for (const [key, etag] of stored) {
    const answer = await fetch(`${server.origin}/plugins/album/api/${key}`)
    assert.equal(sha256(new Uint8Array(await answer.arrayBuffer())), etag, key)
  }
  const folder = join(data, 'plugin-data')
  const left = (await readdir(folder)).includes('.incoming') ? await readdir(join(folder, '.incoming')) : []
  assert.deepEqual(left, [], 'what had arrived in half was removed at the start')
  assert.ok(cut > 0 && stored.size > 1, `${cut} cut short, ${stored.size} stored`)
})
