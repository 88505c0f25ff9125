// plugbay export and import, against a real server and against one that breaks off.

import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { serve } from '../../runtime/serve.ts'
import { ADMIN_TOKEN, backendOf, install, startTestRuntime, temporaryFolder } from '../support/runtime.ts'
import { documentOf, runCli, startForeignServer } from './harness.ts'

const BACKEND = backendOf(`
  if (request.method === 'POST') await env.kv.put('mark', await request.text())
  return new Response(await env.kv.get('mark'))`)

async function start(t: TestContext) {
  const runtime = await startTestRuntime(t)
  for (const id of ['notes', 'other'])
    await install(runtime, { id, backend: BACKEND, manifest: { permissions: { kv: true } } })
  const listening = await serve(runtime)
  t.after(() => listening.close(0))
  const url = `http://127.0.0.1:${listening.port}`
  const cwd = await temporaryFolder(t)
  const cli = (...args: string[]) =>
    runCli(args, { cwd, env: { PLUGBAY_URL: url, PLUGBAY_TOKEN: ADMIN_TOKEN } })
  const ask = async (id: string, body?: string) =>
    (await fetch(`${url}/plugins/${id}/api/`, body === undefined ? {} : { method: 'POST', body })).text()
  await ask('notes', 'first')
  return { cli, ask, cwd, url }
}

test('export writes a file that import puts back', async (t) => {
  const { cli, ask, cwd } = await start(t)
  const first = await cli('export', 'notes')
  assert.equal(first.code, 0, first.err)
  const [name = ''] = await readdir(cwd)
  assert.match(name, /^notes-\d{4}-\d\d-\d\d\.plugbay-data$/)
  assert.match(
    first.out,
    new RegExp(
      `exported into ${name} \\(\\d+ bytes\\)\nPut it back with: npm run plugbay -- import notes ${name}`,
    ),
  )
  assert.equal((await stat(join(cwd, name))).mode & 0o077, 0)
  assert.equal((await cli('export', 'notes')).code, 0)
  assert.deepEqual((await readdir(cwd)).length, 2, 'the first one of the day stays')
  await ask('notes', 'second')
  const back = await cli('import', 'notes', name)
  assert.equal(back.code, 0, back.err)
  assert.match(back.out, /^✓ notes: its data is that of \d{4}-/)
  assert.equal(await ask('notes'), 'first')
})

test('export replaces a file that was named, and writes to standard output', async (t) => {
  const { cli, cwd } = await start(t)
  await writeFile(join(cwd, 'backup'), 'old')
  const ran = await cli('export', 'notes', 'backup', '--json')
  const [result] = documentOf(ran).results
  const written = await readFile(join(cwd, 'backup'))
  assert.deepEqual(result, { id: 'notes', ok: true, file: join(cwd, 'backup'), bytes: written.length })
  const piped = await cli('export', 'notes', '-')
  assert.equal(piped.code, 0)
  assert.match(piped.out, /^plugbay-data 1 /)
  assert.match(piped.err, /✓ notes: exported/)
  const both = await cli('export', 'notes', '-', '--json')
  assert.equal(both.code, 64)
  assert.equal(documentOf(both).ok, false)
  assert.deepEqual(await readdir(cwd), ['backup'])
})

test('import says why it refuses, and takes the data of another plugin with --force only', async (t) => {
  const { cli, ask, cwd, url } = await start(t)
  await cli('export', 'notes', 'backup')
  const foreign = await cli('import', 'other', 'backup')
  assert.equal(foreign.code, 1)
  assert.match(foreign.err, /of plugin "notes", not of "other"/)
  assert.equal((await cli('import', 'other', 'backup', '--force')).code, 0)
  assert.equal(await ask('other'), 'first')
  await writeFile(join(cwd, 'cut'), (await readFile(join(cwd, 'backup'))).subarray(0, 400))
  const cut = await cli('import', 'notes', 'cut', '--json')
  assert.equal(cut.code, 1)
  const [result] = documentOf(cut).results
  assert.equal((result?.problem as { code?: string } | undefined)?.code, 'SNAPSHOT_INVALID')
  const nobody = await cli('export', 'nobody')
  assert.deepEqual([nobody.code, /There is no plugin "nobody"/.test(nobody.err)], [1, true])
  assert.equal((await cli('import', 'notes', 'missing')).code, 1)
  await mkdir(join(cwd, 'folder'))
  assert.match((await cli('import', 'notes', 'folder')).err, /is a folder; a file is wanted/)
  assert.equal((await cli('import', 'notes')).code, 64)
  assert.equal((await cli('export', 'notes', '--url', url, '--token', 'pbt_wrong')).code, 77)
  assert.equal((await cli('export', 'notes', '--url', 'http://127.0.0.1:1')).code, 69)
  assert.equal(await ask('notes'), 'first')
})

test('an answer that is broken off leaves no file', async (t) => {
  await using api = await startForeignServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/vnd.plugbay.data', 'content-length': '1000' })
    response.write('plugbay-data', () => response.destroy())
  })
  const cwd = await temporaryFolder(t)
  const ran = await runCli(['export', 'notes', '--url', api.url, '--token', 'pbt_test'], { cwd })
  assert.equal(ran.code, 1)
  assert.match(ran.err, /broke off the answer/)
  assert.deepEqual(await readdir(cwd), [])
})
