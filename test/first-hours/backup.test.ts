// A backup of the whole server, and its restore on another one. Tests bear the number of the problem that they keep away.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { serve } from '../../runtime/serve.ts'
import { documentOf, runCli } from '../cli/harness.ts'
import { ADMIN_TOKEN, startTestRuntime, temporaryFolder } from '../support/runtime.ts'
import type { Scope } from '../support/scope.ts'
import { zipOf } from '../support/zip.ts'

const PLUGIN = zipOf({
  'manifest.json': JSON.stringify({
    ...{ manifestVersion: 1, id: 'notes', name: 'Notes', version: '1.0.0', access: 'public' },
    permissions: { kv: true, files: true },
  }),
  'backend/index.js': `export default { async fetch(request, env) {
    const key = new URL(request.url).pathname.slice(1)
    if (request.method === 'PUT') {
      const parts = await env.files.createMultipartUpload(key)
      const content = new Uint8Array(await request.arrayBuffer())
      const half = content.byteLength / 2
      const one = await parts.uploadPart(1, content.subarray(0, half))
      await parts.complete([one, await parts.uploadPart(2, content.subarray(half))])
      return new Response(null, { status: 201 })
    }
    if (key !== '') return await env.files.respond(request, key)
    if (request.method === 'POST') await env.kv.put('note', await request.text())
    return new Response(await env.kv.get('note') ?? 'none')
  } }`,
})

test('S9: a running server is backed up into one verified file, and another server goes on from it', async (t) => {
  const cwd = await temporaryFolder(t)
  const first = await server(t, await temporaryFolder(t))
  const upload = await first.fetch('/api/v1/plugins', {
    method: 'POST',
    body: new Blob([Buffer.from(PLUGIN)]),
    headers: { 'content-type': 'application/zip' },
  })
  assert.equal(upload.status, 201, await upload.text())
  assert.equal(await first.note('before the backup'), 'before the backup')
  const photo = randomBytes(3_000_000)
  const album = '/plugins/notes/api/photo'
  assert.equal((await first.fetch(album, { method: 'PUT', body: photo })).status, 201)
  await first.cli(cwd, 'users', 'add', 'ada')

  const [made] = documentOf(await first.cli(cwd, 'backup', 'all.tar', '--json')).results
  assert.deepEqual(made?.checked, ['store', 'plugin.notes'])
  assert.deepEqual(await readdir(cwd), ['all.tar'])
  assert.equal((await stat(join(cwd, 'all.tar'))).mode & 0o777, 0o600)
  assert.equal(await first.note('after the backup'), 'after the backup')
  assert.equal((await first.fetch(album, { method: 'PUT', body: randomBytes(1000) })).status, 201)

  const data = await temporaryFolder(t)
  const second = await server(t, data)
  assert.equal((await second.fetch('/plugins/notes/api/')).status, 404)
  // Nothing changes by a check, nor by a file that is damaged.
  assert.match(
    (await second.cli(cwd, 'restore', 'all.tar', '--check')).out,
    /the server could take it: 2 parts/,
  )
  const bytes = await readFile(join(cwd, 'all.tar'))
  await writeFile(join(cwd, 'damaged.tar'), bytes.subarray(0, bytes.length - 4096))
  const refused = await second.run(cwd, 'restore', 'damaged.tar')
  assert.equal(refused.code, 1, refused.out)
  assert.match(refused.err, /snapshot/i)

  const restored = await second.cli(cwd, 'restore', 'all.tar')
  assert.match(restored.out, /Restart the server/)
  await second.close()
  const third = await server(t, data)
  assert.equal(await (await third.fetch('/plugins/notes/api/')).text(), 'before the backup')
  assert.ok(Buffer.from(await (await third.fetch(album)).arrayBuffer()).equals(photo))
  assert.match((await third.cli(cwd, 'users')).out, /^ada /m)
})

test('S9: a backup needs every permission', async (t) => {
  const one = await server(t, await temporaryFolder(t))
  const cwd = await temporaryFolder(t)
  const [made] = documentOf(
    await one.cli(cwd, 'tokens', 'add', 'viewer', '--permissions', 'plugins.*', '--json'),
  ).results
  const ran = await runCli(['backup'], { cwd, env: { ...one.env, PLUGBAY_TOKEN: String(made?.token) } })
  assert.equal(ran.code, 77, ran.err)
  assert.deepEqual(await readdir(cwd), [])
})

async function server(t: Scope, data: string) {
  const runtime = await startTestRuntime(t, { config: { data } })
  const listening = await serve(runtime)
  const close = async () => {
    await listening.close(0)
    await runtime.close()
  }
  t.after(close)
  const url = `http://127.0.0.1:${listening.port}`
  const env = { PLUGBAY_URL: url, PLUGBAY_TOKEN: ADMIN_TOKEN }
  const run = (cwd: string, ...args: readonly string[]) => runCli(args, { cwd, env })
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(url + path, { ...init, headers: { authorization: `Bearer ${ADMIN_TOKEN}`, ...init.headers } })
  return {
    env,
    run,
    close,
    fetch: ask,
    note: async (body: string) => (await ask('/plugins/notes/api/', { method: 'POST', body })).text(),
    async cli(cwd: string, ...args: readonly string[]) {
      const ran = await run(cwd, ...args)
      assert.equal(ran.code, 0, ran.out + ran.err)
      return ran
    },
  }
}
