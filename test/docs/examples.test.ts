// The examples of the pages that no other test runs: all of them are code, and whole backends serve as their page says.

import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { transform } from 'esbuild'
import { createApp } from '../../runtime/app.ts'
import { install, type PluginSource, startTestRuntime } from '../support/runtime.ts'

const ROOT = join(import.meta.dirname, '../..')

const runtime = await startTestRuntime({ after })
const app = createApp(runtime)

interface Example {
  readonly language: 'js' | 'ts'
  readonly code: string
}

async function examplesOf(page: string): Promise<readonly Example[]> {
  const text = await readFile(join(ROOT, page), 'utf8')
  return [...text.matchAll(/^```(js|ts)\n(.*?)^```$/gms)].map(([, language, code = '']) => ({
    language: language === 'js' ? 'js' : 'ts',
    code,
  }))
}

test('every example is code: a module, statements of a function, or fields of an object', async () => {
  const pages = (await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md'))
  let count = 0
  for (const page of ['README.md', ...pages.map((name) => `docs/${name}`)])
    for (const { language, code } of await examplesOf(page)) {
      count += 1
      // What an example leaves out.
      const whole = code.replaceAll('…', '')
      const forms = [whole, `async function example() {\n${whole}\n}`, `const example = {\n${whole}\n}`]
      const failures: string[] = []
      for (const form of forms)
        await transform(form, { loader: language, logLevel: 'silent' }).catch((error: unknown) =>
          failures.push(String(error)),
        )
      assert.ok(failures.length < forms.length, `${page}\n${code}\n${failures[0]}`)
    }
  assert.ok(count > 70, String(count))
})

/** Installs an example, and returns how its backend is asked. */
async function served({ language, code }: Example, plugin: Omit<PluginSource, 'backend'>) {
  const isBare = code.includes('definePlugin(') && !code.includes('import {')
  const backend = isBare ? `import { definePlugin } from 'plugbay/sdk'\n${code}` : code
  await install(runtime, { ...plugin, backend, typescript: language === 'ts' })
  return async (path: string, init: RequestInit = {}) =>
    await app.request(`http://127.0.0.1:3000/plugins/${plugin.id}/api${path}`, init)
}

/** The only example of the page that has the words. */
async function example(page: string, words: string): Promise<Example> {
  const [found, ...others] = (await examplesOf(page)).filter(({ code }) => code.includes(words))
  assert.ok(found !== undefined && others.length === 0, `${page} has one example with ${words}`)
  return found
}

test('README.md: the first backend says hello', async () => {
  const ask = await served(await example('README.md', "'/hello'"), { id: 'hello-world' })
  assert.deepEqual(await (await ask('/hello')).json(), { message: 'Hello' })
  assert.equal((await ask('/')).status, 404)
})

test('docs/guest-api.md: the first backend counts visits', async () => {
  const ask = await served(await example('docs/guest-api.md', "'/visits'"), {
    id: 'visits',
    manifest: { permissions: { kv: true } },
  })
  await ask('/visits')
  assert.deepEqual(await (await ask('/visits')).json(), { visits: 2, by: 'a stranger' })
  assert.equal((await ask('/')).status, 404)
})

test('docs/files.md: files are kept, and given whole, in parts and not again', async () => {
  const manifest = { permissions: { files: true, kv: true } }
  for (const [id, words] of [
    ['files-put', 'env.files.put('],
    ['files-receive', 'env.files.receive('],
  ] as const) {
    const ask = await served(await example('docs/files.md', words), { id, manifest })
    const headers = { 'content-type': 'image/png' }
    const kept = await ask('/photos/1', { method: 'PUT', body: 'a picture', headers })
    assert.equal(kept.status, 201, id)
    const { size, etag } = (await kept.json()) as { size: number; etag: string }
    assert.equal(size, 9)
    const whole = await ask('/photos/1')
    assert.deepEqual(
      [whole.headers.get('content-type'), whole.headers.get('etag'), await whole.text()],
      ['image/png', `"${etag}"`, 'a picture'],
    )
    const part = await ask('/photos/1', { headers: { range: 'bytes=2-4' } })
    assert.deepEqual([part.status, await part.text()], [206, 'pic'])
    assert.equal((await ask('/photos/1', { headers: { range: 'bytes=99-' } })).status, 416)
    assert.equal((await ask('/photos/1', { headers: { 'if-none-match': `"${etag}"` } })).status, 304)
    assert.equal((await ask('/photos/1', { headers: { 'if-match': '"other"' } })).status, 412)
    assert.equal((await ask('/photos/2')).status, 404)
  }
})

test('docs/database.md: statements, batches and rows one by one', async () => {
  const statements = await example('docs/database.md', 'UPDATE counter')
  const rows = await example('docs/database.md', '.iterate()')
  const code = `export default { async fetch(request, env) {
    const author = 'ada', text = 'Milk', sent = []
    const send = async (id, what) => sent.push([id, what])
    ${statements.code}
    ${rows.code}
    return Response.json({ results, sent })
  } }`
  const ask = await served(
    { language: 'js', code },
    {
      id: 'rows',
      manifest: { permissions: { database: true } },
      files: {
        'backend/migrations/1.sql':
          "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT, author TEXT DEFAULT 'ada'); CREATE TABLE counter (value INTEGER);",
      },
    },
  )
  assert.deepEqual(await (await ask('/')).json(), { results: [], sent: [[1, 'Milk']] })
  assert.deepEqual(((await (await ask('/')).json()) as { results: unknown }).results, [
    { id: 1, text: 'Milk' },
  ])
})

test('docs/tasks.md: a task is scheduled once for its key, and runs', async () => {
  const ask = await served(await example('docs/tasks.md', 'env.tasks.schedule('), {
    id: 'converter',
    manifest: {
      permissions: { tasks: true, kv: true },
      contributes: {
        tasks: [
          { id: 'refresh', cron: '0 3 1 1 *', timeZone: 'UTC' },
          { id: 'nightly', cron: '0 4 1 1 *', timeZone: 'UTC' },
          { id: 'convert' },
        ],
      },
    },
  })
  const { id, outcome } = (await (await ask('/')).json()) as { id: string; outcome: string }
  assert.ok(id !== '' && outcome !== '')
})

test('docs/languages.md: a backend answers in the language of its visitor', async () => {
  const ask = await served(await example('docs/languages.md', 'ctx.dir'), {
    id: 'entries',
    files: {
      'locales/en.json': JSON.stringify({
        'entries.count': '{count, plural, one {# entry} other {# entries}}',
      }),
    },
  })
  assert.deepEqual(await (await ask('/')).json(), { language: 'en', dir: 'ltr', text: '3 entries' })
})

test('docs/websocket.md: what is no WebSocket is refused', async () => {
  const ask = await served(await example('docs/websocket.md', 'WebSocketPair'), { id: 'echo' })
  assert.equal((await ask('/')).status, 426)
})
