// A Hono application serves requests from inside the isolate as it is: bundled by its author, and unbundled with hono in the zip.

import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Runtime } from '../../runtime/runtime.ts'
import { bothWays, install, startTestRuntime } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'

const APP = `
import { Hono } from 'hono'
import { cors } from 'hono/cors'

import { HTTPException } from 'hono/http-exception'
import { streamText } from 'hono/streaming'

const app = new Hono()
app.use('/cors/*', cors())

app.get('/', (c) => c.text('hello'))
app.get('/greet/:name', (c) => c.json({ hello: c.req.param('name'), q: c.req.query('q') }))
app.post('/form', async (c) => c.json(await c.req.parseBody()))
app.post('/json', async (c) => c.json({ got: await c.req.json() }, 201))
app.get('/tagged', (c) => c.text('tagged'))
app.get('/cors/x', (c) => c.text('open'))
app.get('/stream', (c) => streamText(c, async (stream) => { for (const word of ['a', 'b', 'c']) { await stream.write(word); await stream.sleep(5) } }))
app.get('/cookie', (c) => { c.header('set-cookie', 'a=1', { append: true }); c.header('set-cookie', 'b=2', { append: true }); return c.redirect('/next') })
app.get('/teapot', () => { throw new HTTPException(418, { message: 'short and stout' }) })
app.get('/kv', async (c) => { await c.env.kv.put('k', 'kept'); c.executionCtx.waitUntil(Promise.resolve()); return c.text(await c.env.kv.get('k')) })
app.notFound((c) => c.text('no ' + c.req.path, 404))
export default app
`
const MANIFEST = { permissions: { kv: true } }
const MODULES = fileURLToPath(new URL('../../node_modules/', import.meta.url))

/** The files of hono as npm installs them, below backend/node_modules. */
async function carriedHono(): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {}
  const entries = await readdir(join(MODULES, 'hono'), { recursive: true, withFileTypes: true })
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name)
    const inside = path.slice(MODULES.length)
    const isUsed = /^hono\/(package\.json$|dist\/(?!cjs\/|types\/).*\.js$)/.test(inside)
    if (entry.isFile() && isUsed) files[`backend/node_modules/${inside}`] = await readFile(path)
  }
  return files
}

async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: APP, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    write: false,
    format: 'esm',
    minify: true,
    logLevel: 'silent',
  })
  const [file] = outputFiles
  assert.ok(file)
  return file.text
}

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope)
  await install(runtime, { id: 'bundled', backend: await bundled(), manifest: MANIFEST })
  await install(runtime, { id: 'carried', backend: APP, files: await carriedHono(), manifest: MANIFEST })
})

for (const id of ['bundled', 'carried'])
  bothWays(`a Hono application serves every kind of answer: ${id}`, async (t, way) => {
    const client = await way.open(t, runtime)
    const path = `/plugins/${id}/api`
    const text = async (at: string, init?: RequestInit) => (await client.fetch(path + at, init)).text()
    assert.equal(await text(''), 'hello')
    assert.deepEqual(JSON.parse(await text('/greet/Ada%20L?q=%C3%A9')), { hello: 'Ada L', q: 'é' })
    const form = new FormData()
    form.append('name', 'Grace')
    assert.deepEqual(JSON.parse(await text('/form', { method: 'POST', body: form })), { name: 'Grace' })
    const json = await client.fetch(`${path}/json`, { method: 'POST', body: '{"a":[1]}' })
    assert.deepEqual([json.status, await json.json()], [201, { got: { a: [1] } }])
    assert.equal(await text('/stream'), 'abc')
    const cookie = await client.fetch(`${path}/cookie`)
    assert.equal(cookie.status, 302)
    assert.equal(cookie.headers.get('location'), `${path}/next`)
    assert.equal(cookie.headers.getSetCookie().length, 2)
    const teapot = await client.fetch(`${path}/teapot`)
    assert.deepEqual([teapot.status, await teapot.text()], [418, 'short and stout'])
    const open = await client.fetch(`${path}/cors/x`, { headers: { origin: 'https://example.org' } })
    assert.equal(open.headers.get('access-control-allow-origin'), '*')
    assert.equal(await text('/kv'), 'kept')
    const nothing = await client.fetch(`${path}/nothing`)
    assert.deepEqual([nothing.status, await nothing.text()], [404, 'no /nothing'])
    const head = await client.fetch(`${path}/greet/x`, { method: 'HEAD' })
    assert.deepEqual([head.status, await head.text()], [200, ''])
  })
