import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startDev } from '../../runtime/dev-server.ts'
import { backendOf, temporaryFolder, until } from '../support/runtime.ts'
import { saveFiles, saying, startDevPlugin } from './dev-plugin.ts'

const text = async (response: Promise<Response>): Promise<string> => (await response).text()
const manifest = (more: object): Record<string, string> => ({
  'manifest.json': JSON.stringify({
    manifestVersion: 1,
    access: 'public',
    id: 'hello',
    name: 'Hello',
    version: '1.0.0',
    ...more,
  }),
})

test('a saved file is live, as a release of its own', async (t) => {
  const dev = await startDevPlugin(t, { id: 'hello', backend: saying('one'), version: '1.2.0' })
  assert.match(dev.url, /^http:\/\/hello\.localhost:\d+\/api\/$/)
  assert.equal(await text(dev.get('/api/')), 'one')
  await dev.save({ 'backend/index.js': saying('two') })
  const swap = await dev.next('swap')
  assert.equal(swap.change, 'backend')
  assert.match(swap.version, /^1\.2\.0\+dev\.[0-9a-f]{8}$/)
  assert.ok(swap.ms > 0)
  assert.equal(await text(dev.get('/api/')), 'two')
})

test('a failed build leaves the last good version serving, and is reported with its position until it is fixed', async (t) => {
  const dev = await startDevPlugin(t, { id: 'hello', backend: saying('one') })
  const page = await dev.listen()
  const hello = await page.next()
  assert.equal(hello?.event, 'hello')

  await dev.save({ 'backend/index.js': 'export default {\n  fetch() { return new Response("two }\n}\n' })
  const { problems } = await dev.next('problem')
  const [problem] = problems
  assert.deepEqual(
    [problem?.code, problem?.file, problem?.line, typeof problem?.column],
    ['SYNTAX_ERROR', 'backend/index.js', 2, 'number'],
  )
  assert.match(problem?.frame ?? '', /^> 2 \| {3}fetch\(\)/m)
  assert.deepEqual(await page.next(), { event: 'problem', id: '', data: { problems } })
  assert.equal(await text(dev.get('/api/')), 'one')

  const late = await dev.listen()
  assert.deepEqual((await late.next())?.data, { ...(hello.data as object), problems })

  await dev.save({ 'backend/index.js': saying('three') })
  assert.equal((await page.next())?.event, 'ok')
  assert.equal((await page.next())?.event, 'reload')
  assert.equal(await text(dev.get('/api/')), 'three')
})

test('when the last good content comes back, the problem goes and no page loads again', async (t) => {
  const dev = await startDevPlugin(t, { id: 'hello', backend: saying('one') })
  const page = await dev.listen()
  await page.next()
  await dev.save({ 'backend/index.js': 'not javascript' })
  assert.equal((await page.next())?.event, 'problem')
  await dev.save({ 'backend/index.js': saying('one') })
  assert.equal((await page.next())?.event, 'ok')
  const told = dev.events.flatMap((event) => (event.event === 'log' ? [event.message] : []))
  assert.deepEqual(told, ['The problem is gone: what serves is what was saved'])
  await dev.save({ 'backend/index.js': saying('two') })
  assert.equal((await page.next())?.event, 'reload')
})

test('a backend that throws while it loads is reported at the line of the author, and changes nothing', async (t) => {
  const dev = await startDevPlugin(t, {
    id: 'hello',
    backend: saying('one'),
    files: { 'backend/part.js': '' },
  })
  await dev.save({
    'backend/part.js':
      '// a comment\n\nexport const start = () => { throw new TypeError("no such thing") }\n',
    'backend/index.js': `import { start } from './part.js'\nstart()\n${saying('two')}`,
  })
  const { problems } = await dev.next('problem')
  assert.deepEqual(
    [problems[0]?.code, problems[0]?.file, problems[0]?.line],
    ['LOAD_FAILED', 'backend/part.js', 3],
  )
  assert.match(problems[0]?.message ?? '', /TypeError: no such thing$/)
  assert.match(problems[0]?.frame ?? '', /^> 3 \| export const start/m)
  assert.equal(await text(dev.get('/api/')), 'one')
})

test('pages get the path of a changed style sheet, and reload for any other change', async (t) => {
  const files = {
    'frontend/index.html': '<!doctype html><p>hi',
    'frontend/look/main.css': 'p{}',
    'frontend/main.js': '',
  }
  const dev = await startDevPlugin(t, { id: 'hello', backend: saying('one'), files })
  assert.match(dev.url, /^http:\/\/hello\.localhost:\d+\/$/)
  const page = await dev.listen()
  await page.next()

  await dev.save({ 'frontend/look/main.css': 'p { color: red }' })
  const css = await page.next()
  assert.equal(css?.event, 'css')
  assert.partialDeepStrictEqual(css?.data, { paths: ['look/main.css'] })
  assert.equal((await dev.next('swap')).change, 'css')

  await dev.save({ 'frontend/main.js': 'console.log(1)' })
  assert.equal((await page.next())?.event, 'reload')
  assert.equal((await dev.next('swap')).change, 'frontend')

  await dev.save({ 'frontend/new.css': 'p{}' })
  assert.equal((await page.next())?.event, 'reload')

  await dev.save({ 'backend/index.js': saying('two') })
  assert.equal((await page.next())?.event, 'reload')
  await dev.next('swap')
  assert.equal((await dev.next('swap')).change, 'backend')
})

test('a manifest that asks for more gets it, and a lower version is taken', async (t) => {
  const backend = backendOf('return Response.json({ kv: env.has("kv") })')
  const dev = await startDevPlugin(t, { id: 'hello', backend, version: '2.0.0' })
  assert.equal(await text(dev.get('/api/')), '{"kv":false}')
  await dev.save(manifest({ version: '1.0.0', permissions: { kv: true } }))
  assert.match((await dev.next('swap')).version, /^1\.0\.0\+dev/)
  assert.equal(await text(dev.get('/api/')), '{"kv":true}')
})

test('a manifest with errors is reported with line and column, another id with what to do', async (t) => {
  const dev = await startDevPlugin(t, { id: 'hello', backend: saying('one') })
  await dev.save({ 'manifest.json': '{\n  "manifestVersion": 1,\n  "id": "hello"\n  "name": "x"\n}' })
  const broken = (await dev.next('problem')).problems[0]
  assert.deepEqual([broken?.code, broken?.file, broken?.line], ['MANIFEST_INVALID', 'manifest.json', 4])

  await dev.save(manifest({ id: 'other' }))
  const renamed = (await dev.next('problem')).problems[0]
  assert.deepEqual([renamed?.code, renamed?.pointer], ['STATE_CONFLICT', '/id'])
  assert.match(renamed?.hint ?? '', /^Restart "plugbay dev"/)
  assert.equal(await text(dev.get('/api/')), 'one')

  await dev.save(manifest({ name: 'Hello again' }))
  await dev.next('swap')
})

test('after a burst of saves the last one serves', async (t) => {
  const dev = await startDevPlugin(t, { id: 'hello', backend: saying('0') })
  for (let count = 1; count <= 40; count++) await dev.save({ 'backend/index.js': saying(String(count)) })
  let last = ''
  while (last !== '40') {
    await dev.next('swap')
    last = await text(dev.get('/api/'))
  }
  const swaps = dev.events.filter(({ event }) => event === 'swap').length
  assert.ok(swaps < 40, `${swaps} swaps`)
  assert.deepEqual(
    dev.events.filter(({ event }) => event === 'problem'),
    [],
  )
})

test('no request is lost, and none goes back to older code, while files are saved', async (t) => {
  const answer = (count: number): string =>
    backendOf(`await new Promise((done) => setTimeout(done, 15)); return new Response("${count}")`)
  const dev = await startDevPlugin(t, { id: 'hello', backend: answer(0) })
  let saving = true
  let asked = 0
  const client = async (): Promise<void> => {
    let newest = 0
    while (saving) {
      const response = await dev.get('/api/')
      const body = await response.text()
      assert.equal(response.status, 200, body)
      assert.ok(Number(body) >= newest, `${body} after ${newest}`)
      newest = Number(body)
      asked++
    }
  }
  const clients = Array.from({ length: 8 }, client)
  for (let count = 1; count <= 20; count++) {
    await dev.save({ 'backend/index.js': answer(count) })
    await dev.next('swap')
  }
  saving = false
  await Promise.all(clients)
  assert.ok(asked >= 20, `${asked} requests`)
  assert.equal(await text(dev.get('/api/')), '20')
})

test('before the first good version a page says what is wrong, and gives way', async (t) => {
  const folder = await temporaryFolder(t)
  await saveFiles(folder, {
    ...manifest({}),
    'backend/index.js': 'const <b>',
    'frontend/index.html': '<!doctype html>good',
  })
  const dev = await startDevPlugin(t, { folder })
  assert.equal(dev.events[0]?.event, 'problem')
  const html = { headers: { accept: 'text/html' } }
  const page = await dev.get('/', html)
  assert.equal(page.status, 503)
  assert.match(String(page.headers.get('content-security-policy')), /sandbox allow-scripts/)
  const body = await page.text()
  assert.match(body, /<script src="\/plugins\/hello\/\.plugbay\/client\.js\?none"><\/script>/)
  assert.match(body, /backend\/index\.js:1:7\n/)
  assert.match(body, /const &lt;b&gt;/)
  assert.equal((await dev.get('/.plugbay/client.js')).status, 200)
  // API clients get no development page.
  assert.equal((await dev.get('/', { headers: { accept: 'application/json' } })).status, 404)

  const events = await dev.listen()
  assert.equal((await events.next())?.event, 'hello')
  await dev.save({ 'backend/index.js': saying('good') })
  assert.equal((await events.next())?.event, 'ok')
  assert.equal((await events.next())?.event, 'reload')
  assert.match(await text(dev.get('/', html)), /good$/)
})

test('a folder without a readable manifest starts all the same, and leads on when the id is known', async (t) => {
  const folder = await temporaryFolder(t)
  await saveFiles(folder, { 'manifest.json': '{', 'frontend/index.html': '<!doctype html>good' })
  const dev = await startDevPlugin(t, { folder })
  const html = { headers: { accept: 'text/html' } }
  assert.equal((await dev.get('/', html)).status, 503)
  await dev.save(manifest({}))
  await dev.next('swap')
  const moved = await dev.get('/', html)
  assert.deepEqual(
    [moved.status, moved.headers.get('location')],
    [302, `http://hello.localhost:${dev.port}/`],
  )
})

test('a first version that does not load is reported too, and the next one serves', async (t) => {
  const dev = await startDevPlugin(t, { id: 'hello', backend: 'throw new Error("at once")' })
  const [first] = dev.events.filter(({ event }) => event === 'problem')
  assert.ok(first?.event === 'problem' && first.problems[0]?.file === 'backend/index.js')
  await dev.save({ 'backend/index.js': saying('one') })
  await dev.next('swap')
  assert.equal(await text(dev.get('/api/')), 'one')
})

test('events are for the pages of the plugin, not for other sites', async (t) => {
  const files = { 'frontend/index.html': '<!doctype html><p>hello' }
  const dev = await startDevPlugin(t, { id: 'hello', backend: saying('one'), files })
  const ask = async (origin: string, more: Record<string, string> = {}): Promise<Response> => {
    const response = await dev.get('/.plugbay/events', { headers: { origin, ...more } })
    await response.body?.cancel()
    return response
  }
  const page = await text(dev.get('/'))
  const [, token = ''] = /name="plugbay-token" content="([^"]+)"/.exec(page) ?? []
  const opaque = await ask('null', { 'plugbay-token': token })
  assert.deepEqual([opaque.status, opaque.headers.get('access-control-allow-origin')], [200, 'null'])
  const sandboxed = await ask('null')
  assert.deepEqual([sandboxed.status, sandboxed.headers.get('access-control-allow-origin')], [403, null])
  assert.equal(opaque.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  const foreign = await ask('http://evil.example')
  assert.deepEqual([foreign.status, foreign.headers.get('access-control-allow-origin')], [403, null])
})

test('what a page reports is a problem with its place in the frontend, for pages of the plugin alone', async (t) => {
  const files = {
    'frontend/index.html': '<!doctype html><p>hello',
    'frontend/deep/main.js': '// A part.\n\nfail()\n',
    'secret.txt': 'secret',
  }
  const dev = await startDevPlugin(t, { id: 'hello', backend: saying('one'), files })
  const origin = `http://hello.localhost:${dev.port}`
  const report = (value: unknown, headers: Record<string, string> = {}) =>
    dev.get('/.plugbay/failures', { method: 'POST', body: JSON.stringify(value), headers })
  const base = `http://127.0.0.1:${dev.port}/plugins/hello`
  const failed = {
    message: 'ReferenceError: fail is not defined',
    stack: `x\n    at ${base}/deep/main.js?v=1:3:1`,
  }
  const response = await report(failed)
  const problem = (await response.json()) as { file: string; frame: string }
  const expected = {
    code: 'PAGE_FAILED',
    message: failed.message,
    file: 'frontend/deep/main.js',
    line: 3,
    column: 1,
  }
  assert.partialDeepStrictEqual(problem, expected)
  assert.match(problem.frame, /^> 3 \| fail\(\)/m)
  assert.deepEqual((await dev.next('problem')).problems, [problem])
  for (const path of [
    '../secret.txt',
    '%2e%2e/secret.txt',
    '..%2fsecret.txt',
    '../../../etc/passwd',
    '%ff.js',
  ]) {
    const answer = await report({ message: 'x', stack: `at ${base}/${path}:1:1` })
    assert.deepEqual(await answer.json(), { code: 'PAGE_FAILED', message: 'x' }, path)
  }
  for (const value of ['text', { message: 1, stack: '' }, { message: 'x', stack: 'y'.repeat(20_000) }])
    assert.equal((await report(value)).status, 400)
  assert.equal((await report(failed, { origin: 'http://evil.example' })).status, 403)
  assert.equal((await report(failed, { origin })).status, 403)
})

test('a file name opens in the editor: files of the plugin, for who has the secret of its pages', async (t) => {
  const folder = await temporaryFolder(t)
  const opened = join(await temporaryFolder(t), 'opened')
  const editor = join(await temporaryFolder(t), 'code')
  await writeFile(editor, `#!/bin/sh\necho "$@" > ${opened}.part && mv ${opened}.part ${opened}\n`, {
    mode: 0o755,
  })
  process.env.LAUNCH_EDITOR = editor
  t.after(() => {
    delete process.env.LAUNCH_EDITOR
  })
  await saveFiles(folder, { 'outside.txt': 'secret' })
  const root = join(folder, 'plugin')
  await saveFiles(root, {
    ...manifest({}),
    'backend/index.js': saying('one'),
    'frontend/index.html': '<p>hi',
  })
  await symlink(join(folder, 'outside.txt'), join(root, 'link.txt'))
  const dev = await startDevPlugin(t, { folder: root })
  const page = await dev.listen()
  const hello = await page.next()
  const { editor: token } = (hello?.data ?? {}) as { editor?: string }
  assert.ok(token)
  const open = async (value: object, headers: Record<string, string> = {}) => {
    const body = JSON.stringify({ token, ...value })
    return (await dev.get('/.plugbay/open-in-editor', { method: 'POST', body, headers })).status
  }
  const file = 'backend/index.js'
  assert.equal(await open({ file, token: 'wrong' }), 403)
  assert.equal(await open({ file, token: undefined }), 403)
  assert.equal(await open({ file }, { origin: 'http://evil.example' }), 403)
  for (const other of [
    '../outside.txt',
    'link.txt',
    '/etc/passwd',
    'nope.js',
    'backend',
    '.plugbay/admin-token',
    '',
  ])
    assert.equal(await open({ file: other }), 404, other)
  assert.equal((await dev.get('/.plugbay/open-in-editor')).status, 404)
  assert.ok(!existsSync(opened))
  assert.equal(await open({ file, line: 3, column: 7 }), 200)
  await until('the editor ran', async () => existsSync(opened))
  assert.equal(await readFile(opened, 'utf8'), `-r -g ${join(root, file)}:3:7\n`)
})

test('log lines and errors of the plugin are reported', async (t) => {
  const backend = `console.log('loading')\n${backendOf('if (url.pathname === "/fail") throw new Error("broken"); console.warn("asked"); return new Response("")')}`
  const dev = await startDevPlugin(t, { id: 'hello', backend })
  assert.ok(dev.events.some((event) => event.event === 'log' && event.message === 'loading'))
  await dev.get('/api/')
  assert.partialDeepStrictEqual(await dev.next('log'), { level: 'warn', message: 'asked' })
  await dev.get('/api/fail')
  const failure = await dev.next('log')
  assert.equal(failure.message, 'Error: broken')
  assert.match(failure.stack ?? '', /backend\/index\.js:3:/)
})

test('what the host refuses is a problem at the line of the author, with code and hint', async (t) => {
  const backend = `interface Env { readonly db: { prepare(sql: string): { run(): Promise<void> } } }

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    if (request.url.endsWith('/fetch')) await fetch('http://192.0.2.1/')
    await env.db.prepare('INSERT INTO nowhere VALUES (1)').run()
    return new Response('')
  },
}
`
  const permissions = { database: true, network: ['https://example.org'] }
  const dev = await startDevPlugin(t, { id: 'hello', backend, typescript: true, manifest: { permissions } })
  const page = await dev.listen()
  await page.next()
  const failed = async (path: string) => {
    await dev.get(path)
    const { message, stack = '' } = await dev.next('log')
    const [problem] = (await dev.next('problem')).problems
    assert.deepEqual(await page.next(), { event: 'failure', id: '', data: { failure: problem } })
    assert.equal(problem?.message, message)
    return { message, place: `${problem.file}:${problem.line}`, frame: problem.frame ?? '', stack }
  }
  const ofDb = await failed('/api/')
  assert.match(ofDb.message, /^HostError \[DATABASE_ERROR\]: .*nowhere.*\. \w/)
  assert.equal(ofDb.place, 'backend/index.ts:6')
  assert.match(ofDb.frame, /^> 6 \|/m)
  assert.match(ofDb.stack, /^HostError \[DATABASE_ERROR\]: .*\n\s+at .*backend\/index\.ts:6:/)
  const ofFetch = await failed('/api/fetch')
  assert.match(ofFetch.message, /^TypeError \[\w+\]: fetch\(\) failed: .*192\.0\.2\.1/)
  assert.equal(ofFetch.place, 'backend/index.ts:5')
})

test('a failure of the backend is a problem at the line of the author, for the terminal and for open pages', async (t) => {
  const backend = `import { part } from './part.ts'
export default {
  async fetch(request) {
    if (request.url.endsWith('/late')) setTimeout(() => part('late'), 1)
    if (request.url.endsWith('/now')) part('now')
    if (request.url.endsWith('/forged')) { const error = new Error('forged'); error.stack = 'Error: forged\\n    at x (../outside.txt:1:1)'; throw error }
    return new Response('')
  },
}
`
  const files = {
    'backend/part.ts':
      '// A part.\n\nexport function part(name: string): never {\n  throw new TypeError("no " + name + " <b>")\n}\n',
  }
  const parent = await temporaryFolder(t)
  const folder = join(parent, 'plugin')
  await saveFiles(folder, { ...manifest({}), 'backend/index.js': backend, ...files })
  await saveFiles(parent, { 'outside.txt': 'secret' })
  const dev = await startDevPlugin(t, { folder })
  const page = await dev.listen()
  assert.equal((await page.next())?.event, 'hello')
  for (const name of ['now', 'late']) {
    await dev.get(`/api/${name}`)
    assert.equal((await dev.next('log')).message, `TypeError: no ${name} <b>`)
    const { problems } = await dev.next('problem')
    const [problem] = problems
    assert.deepEqual(
      [problem?.code, problem?.message, problem?.file, problem?.line, problem?.column],
      ['GUEST_ERROR', `TypeError: no ${name} <b>`, 'backend/part.ts', 4, 9],
    )
    assert.match(problem?.frame ?? '', /^> 4 \| {3}throw new TypeError\(/m)
    assert.deepEqual(await page.next(), { event: 'failure', id: '', data: { failure: problem } })
  }
  const late = await dev.listen()
  assert.partialDeepStrictEqual((await late.next())?.data, { failure: { message: 'TypeError: no late <b>' } })
  await dev.get('/api/forged')
  const [forged] = (await dev.next('problem')).problems
  assert.deepEqual([forged?.message, forged?.frame], ['Error: forged', undefined])
})

test('the next session finds its data and few releases; two at a time are refused', async (t) => {
  const backend = backendOf(
    'await env.kv.put("n", String(Number(await env.kv.get("n")) + 1)); return new Response(await env.kv.get("n"))',
  )
  const source = { id: 'hello', backend, manifest: { permissions: { kv: true } } }
  const dev = await startDevPlugin(t, source)
  assert.equal(await text(dev.get('/api/')), '1')
  for (let count = 0; count < 9; count++) {
    await dev.save({ 'backend/index.js': `// ${count}\n${backend}` })
    await dev.next('swap')
  }
  const artifacts = join(dev.folder, '.plugbay/artifacts')
  assert.equal((await readdir(artifacts)).length, 5)
  assert.equal(await readFile(join(dev.folder, '.plugbay/.gitignore'), 'utf8'), '*\n')
  await assert.rejects(startDev(dev.folder, { port: 0, logLevel: 'silent', onEvent: () => undefined }), {
    code: 'STORE_LOCKED',
  })
  await dev.close()

  const again = await startDevPlugin(t, { folder: dev.folder })
  assert.equal(await text(again.get('/api/')), '2')
  assert.deepEqual(
    again.events.filter(({ event }) => event === 'problem'),
    [],
  )
  await again.close()
  await saveFiles(dev.folder, { 'backend/index.js': 'throw new Error("at once")' })
  const third = await startDevPlugin(t, { folder: dev.folder })
  assert.equal(third.events.filter(({ event }) => event === 'problem').length, 1)
  assert.equal(await text(third.get('/api/')), '3')
})

test('a missing setting is reported; when an administrator sets it, the page comes', async (t) => {
  const files = { 'frontend/index.html': '<!doctype html>hi' }
  const dev = await startDevPlugin(t, { id: 'hello', backend: saying('one'), files })
  const page = await dev.listen()
  await page.next()
  const settings = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
  await dev.save(manifest({ settings }))
  const [problem] = (await dev.next('problem')).problems
  assert.deepEqual([problem?.code, problem?.pointer], ['SETTINGS_INVALID', '/city'])
  assert.equal((await page.next())?.event, 'problem')
  // What served goes on, and shows what the new version lacks.
  assert.equal((await dev.get('/', { headers: { accept: 'text/html' } })).status, 200)
  assert.equal(await text(dev.get('/api/')), 'one')

  const token = (await readFile(join(dev.folder, '.plugbay/admin-token'), 'utf8')).trim()
  const changed = await fetch(`http://127.0.0.1:${dev.port}/api/v1/plugins/hello/settings`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ city: 'Ulm' }),
  })
  assert.equal(changed.status, 200)
  assert.equal((await page.next())?.event, 'ok')
  assert.equal((await page.next())?.event, 'reload')
})

test('a plugin that is stopped has no content to load again, until it serves once more', async (t) => {
  const files = { 'frontend/index.html': '<!doctype html>hi' }
  const dev = await startDevPlugin(t, { id: 'hello', backend: saying('one'), files })
  const page = await dev.listen()
  const hello = await page.next()
  const token = (await readFile(join(dev.folder, '.plugbay/admin-token'), 'utf8')).trim()
  const command = (name: string) =>
    fetch(`http://127.0.0.1:${dev.port}/api/v1/plugins/hello/${name}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    })
  assert.equal((await command('disable')).status, 200)
  const standIn = await dev.get('/', { headers: { accept: 'text/html' } })
  assert.equal(standIn.status, 503)
  assert.match(await standIn.text(), /client\.js\?none/)
  const late = await dev.listen()
  assert.deepEqual((await late.next())?.data, { ...(hello?.data as object), revision: null, problems: [] })
  assert.equal((await command('enable')).status, 200)
  const reload = await late.next()
  assert.equal(reload?.event, 'reload')
  assert.partialDeepStrictEqual(hello?.data, reload?.data as object)
})

test('a lifecycle handler that fails is reported, and called again with the next save and the next session', async (t) => {
  const backend = (body: string) =>
    `export default { fetch: () => new Response('fine'), lifecycle: { enable() { ${body} } } }`
  const folder = await temporaryFolder(t)
  await saveFiles(folder, {
    ...manifest({}),
    'backend/index.js': backend("throw new Error('not yet')"),
  })
  const first = await startDevPlugin(t, { folder })
  const [told] = first.events.flatMap((event) => (event.event === 'problem' ? event.problems : []))
  assert.equal(told?.message, '"lifecycle.enable" failed: Error: not yet')
  await first.close()
  const second = await startDevPlugin(t, { folder })
  const [again] = second.events.flatMap((event) => (event.event === 'problem' ? event.problems : []))
  assert.equal(again?.message, '"lifecycle.enable" failed: Error: not yet')
  await second.save({ 'backend/index.js': backend('') })
  await second.next('swap')
  assert.equal(await text(second.get('/api/')), 'fine')
})

test('the admin API asks for its token in development too', async (t) => {
  const dev = await startDevPlugin(t, { id: 'hello', backend: saying('one') })
  const response = await fetch(`http://127.0.0.1:${dev.port}/api/v1/plugins`)
  assert.equal(response.status, 401)
})

test('a backend for users recognises the developer, but no request from another site', async (t) => {
  const backend = backendOf('return new Response(ctx.user.name)')
  const dev = await startDevPlugin(t, { id: 'hello', backend, manifest: { access: 'user' } })
  assert.equal(await text(dev.get('/api/')), 'developer')
  assert.equal((await dev.get('/api/', { headers: { 'sec-fetch-site': 'cross-site' } })).status, 401)
  const post = { method: 'POST', headers: { origin: 'http://evil.example' } }
  assert.equal((await dev.get('/api/', post)).status, 401)
})

test('the root of the server leads to the plugin', async (t) => {
  const dev = await startDevPlugin(t, { id: 'hello', backend: saying('one') })
  const response = await fetch(`http://127.0.0.1:${dev.port}/`, { redirect: 'manual' })
  assert.deepEqual([response.status, response.headers.get('location')], [302, '/plugins/hello/'])
})

test('a folder that is removed and comes back is followed on', async (t) => {
  const backend = { backend: { entry: 'backend/index.js' } }
  const dev = await startDevPlugin(t, { id: 'hello', backend: saying('one'), manifest: backend })
  await rm(join(dev.folder, 'backend'), { recursive: true })
  await dev.next('problem')
  assert.equal(existsSync(join(dev.folder, 'backend')), false)
  assert.equal(await text(dev.get('/api/')), 'one')
  await dev.save({ 'backend/index.js': saying('two') })
  await dev.next('swap')
  await dev.save({ 'backend/index.js': saying('three') })
  await dev.next('swap')
  assert.equal(await text(dev.get('/api/')), 'three')
})
