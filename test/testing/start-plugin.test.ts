import assert from 'node:assert/strict'
import { cp, mkdir, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { startPlugin } from '../../runtime/testing/index.ts'
import { saveFiles } from '../dev/dev-plugin.ts'
import { backendOf, type PluginSource, pluginFiles, temporaryFolder } from '../support/runtime.ts'

async function folderOf(t: TestContext, source: Omit<PluginSource, 'id'>): Promise<string> {
  const folder = await temporaryFolder(t)
  await saveFiles(folder, pluginFiles({ id: 'hello', ...source }))
  return folder
}

/** A folder for temporary files that no other test uses; tells how many are in it. */
async function ownTemporaryFolder(t: TestContext): Promise<() => Promise<number>> {
  const folder = await temporaryFolder(t)
  const before = process.env.TMPDIR
  process.env.TMPDIR = folder
  t.after(() => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  })
  return async () => (await readdir(folder)).length
}

const ECHO = backendOf(
  'console.log("asked", url.pathname); return Response.json({ method: request.method, path: url.pathname + url.search, text: await request.text(), mine: request.headers.get("x-mine"), user: ctx.user, city: env.settings.city ?? null, kv: env.has("kv") })',
)

test('startPlugin() runs a folder in the sandbox; paths, requests and bodies arrive as they are', async (t) => {
  const plugin = await startPlugin(pathToFileURL(await folderOf(t, { backend: ECHO })))
  t.after(() => plugin.close())
  assert.equal(plugin.id, 'hello')
  const nobody = { user: null, city: null, kv: false, mine: null }
  assert.deepEqual(await (await plugin.fetch('/a/b?c=1')).json(), {
    method: 'GET',
    path: '/a/b?c=1',
    text: '',
    ...nobody,
  })
  const request = new Request('https://example.org/x?y=2', {
    method: 'PUT',
    body: 'whole',
    headers: { 'x-mine': 'kept' },
  })
  const answer = { method: 'PUT', path: '/x?y=2', text: 'whole', ...nobody, mine: 'kept' }
  assert.deepEqual(await (await plugin.fetch(request)).json(), answer)
  assert.partialDeepStrictEqual(await (await plugin.fetch('/', { method: 'POST', body: 'text' })).json(), {
    method: 'POST',
    text: 'text',
  })
})

test('startPlugin() gives settings, grants and a user', async (t) => {
  const manifest = {
    access: ['events.view'],
    permissions: { kv: true },
    settings: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  }
  const folder = await folderOf(t, { backend: ECHO, manifest })
  const user = { name: 'Ada', permissions: ['events.view'] }
  await using granted = await startPlugin(folder, { settings: { city: 'Ulm' }, user })
  assert.partialDeepStrictEqual(await (await granted.fetch('/', { method: 'POST' })).json(), {
    user: { name: 'Ada' },
    city: 'Ulm',
    kv: true,
  })
  await using narrow = await startPlugin(folder, { settings: { city: 'Ulm' }, grants: {}, user })
  assert.partialDeepStrictEqual(await (await narrow.fetch('/')).json(), { kv: false })
  await using stranger = await startPlugin(folder, { settings: { city: 'Ulm' } })
  assert.equal((await stranger.fetch('/')).status, 401)
  await using other = await startPlugin(folder, { settings: { city: 'Ulm' }, user: { name: 'Bob' } })
  assert.equal((await other.fetch('/')).status, 403)
})

test('startPlugin() serves pages and assets, and pages for users to the user', async (t) => {
  const files = { 'frontend/index.html': '<!doctype html><head></head>hi', 'frontend/a.js': 'let a' }
  const folder = await folderOf(t, { files, manifest: { access: 'user' } })
  await using plugin = await startPlugin(folder, { user: { name: 'Ada' } })
  const page = await plugin.page()
  assert.equal(page.status, 200)
  assert.match(
    await page.text(),
    /<meta name="plugbay-token" content="[^"]+"><script>[\s\S]+<\/script><\/head>hi$/,
  )
  const asset = await plugin.page('/a.js')
  assert.equal(asset.headers.get('content-type'), 'text/javascript; charset=utf-8')
  assert.equal((await plugin.page('/none')).status, 404)
})

test('a plugin under test tells its log, oldest first, with the stack of what it threw', async (t) => {
  const backend = `console.log('loading')\n${backendOf('if (url.pathname === "/fail")\nthrow new Error("broken"); console.warn("fine"); return new Response("")')}`
  await using plugin = await startPlugin(await folderOf(t, { backend, typescript: true }))
  await plugin.fetch('/')
  assert.equal((await plugin.fetch('/fail')).status, 500)
  const lines = await plugin.logs()
  assert.deepEqual(
    lines.map(({ level, message }) => [level, message]),
    [
      ['info', 'loading'],
      ['warn', 'fine'],
      ['error', 'Error: broken'],
    ],
  )
  assert.match(lines[2]?.stack ?? '', /backend\/index\.ts:4:/)
})

test('startPlugin() rejects with every problem in words, and leaves nothing behind', async (t) => {
  const broken = await folderOf(t, { backend: 'const x = ;\n' })
  const throwing = await folderOf(t, { backend: '\nthrow new Error("at once")' })
  const plain = await folderOf(t, { backend: ECHO })
  const count = await ownTemporaryFolder(t)
  await assert.rejects(startPlugin(broken), {
    name: 'PlugbayError',
    code: 'SYNTAX_ERROR',
    message: /backend\/index\.js:1:11\n> 1 \| const x = ;/,
  })
  await assert.rejects(startPlugin(throwing), {
    code: 'LOAD_FAILED',
    message: /Error: at once\nbackend\/index\.js:2:/,
  })
  await assert.rejects(startPlugin(plain, { grants: { kv: true } }), { code: 'GRANT_TOO_WIDE' })
  await assert.rejects(startPlugin(plain, { settings: { none: 1 } }), { code: 'SETTINGS_INVALID' })
  await assert.rejects(startPlugin(join(plain, 'missing')), { code: 'ENOENT' })
  assert.equal(await count(), 0)
})

test('close() removes the data of a plugin, and may be called twice', async (t) => {
  const backend = backendOf('await env.kv.put("a", "1"); return new Response("")')
  const folder = await folderOf(t, { backend, manifest: { permissions: { kv: true } } })
  const count = await ownTemporaryFolder(t)
  const plugin = await startPlugin(folder)
  await plugin.fetch('/')
  assert.equal(await count(), 1)
  await Promise.all([plugin.close(), plugin.close()])
  await plugin.close()
  assert.equal(await count(), 0)
})

test('the test of the TypeScript template passes where "plugbay" is this checkout', async (t) => {
  const folder = await temporaryFolder(t)
  const root = fileURLToPath(new URL('../..', import.meta.url))
  await cp(join(root, 'runtime/cli/templates/ts'), folder, { recursive: true })
  await mkdir(join(folder, 'node_modules'))
  await symlink(root, join(folder, 'node_modules/plugbay'), 'dir')
  const { promise, resolve } = Promise.withResolvers<{ code: number | null; output: string }>()
  const { spawn } = await import('node:child_process')
  // A runner inside a runner would report to the outer one.
  const { NODE_TEST_CONTEXT: _outer, ...env } = process.env
  const child = spawn(process.execPath, ['--test', '--test-reporter=spec'], { cwd: folder, env })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk))
  child.on('close', (code) => resolve({ code, output }))
  const { code, output: said } = await promise
  assert.equal(code, 0, said)
  assert.match(said, /pass 2/)
})
