// The examples of docs/testing.md are one file of tests: it is run against a plugin that has what they ask for.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { saveFiles } from '../dev/dev-plugin.ts'
import { temporaryFolder } from '../support/runtime.ts'

const ROOT = join(import.meta.dirname, '../..')

const MANIFEST = {
  ...{ manifestVersion: 1, id: 'shop', name: 'Shop', version: '1.0.0', access: 'public' },
  permissions: {
    ...{ kv: true, database: true, files: true, tasks: true, network: ['https://weather.example'] },
    secrets: { apiKey: ['https://weather.example'] },
  },
  settings: { type: 'object', properties: { apiKey: { type: 'string', format: 'secret' } } },
  contributes: { tasks: [{ id: 'report', cron: '0 3 * * *', timeZone: 'UTC' }] },
}

const BACKEND = `export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url)
    const name = ctx.user?.name ?? 'nobody'
    if (pathname === '/who') return new Response(name)
    if (pathname === '/weather') {
      const answer = await fetch('https://weather.example/now', { headers: { authorization: env.secrets.apiKey.bearer() } })
      return new Response(String((await answer.json()).degrees))
    }
    if (pathname === '/chat') {
      const { 0: client, 1: server } = new WebSocketPair()
      server.accept()
      server.addEventListener('message', async ({ data }) => {
        await env.db.prepare('INSERT INTO messages (text) VALUES (?)').bind(data).run()
        server.send(name + ': ' + data)
      })
      server.send(await env.kv.get('greeting'))
      return new Response(null, { status: 101, webSocket: client })
    }
    if (pathname === '/code') {
      await env.kv.put('code', '1234', { expirationTtl: 600 })
      return new Response('Sent')
    }
    if (pathname.startsWith('/photos/')) {
      const photo = await env.files.get(pathname.slice(1))
      const headers = new Headers()
      photo.writeHttpMetadata(headers)
      return new Response(photo.body, { headers })
    }
    if (pathname === '/greeting') return new Response(await env.kv.get('greeting'))
    try {
      await env.kv.put('saved', 'yes')
      return new Response('Saved')
    } catch (error) {
      return new Response(error.message, { status: error.code === 'QUOTA_EXCEEDED' ? 507 : 500 })
    }
  },
  tasks: { report: (task, env) => env.kv.increment('reports') },
}
`

test('the examples of the page pass', async (t) => {
  const page = await readFile(join(ROOT, 'docs/testing.md'), 'utf8')
  const examples = [...page.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
  assert.ok(examples.length >= 5)
  const folder = await temporaryFolder(t)
  await saveFiles(folder, {
    'package.json': '{ "type": "module" }',
    'manifest.json': JSON.stringify(MANIFEST),
    'backend/index.js': BACKEND,
    'backend/migrations/1.sql': 'CREATE TABLE messages (text TEXT)',
  })
  await mkdir(join(folder, 'test'))
  await mkdir(join(folder, 'node_modules'))
  await symlink(ROOT, join(folder, 'node_modules/plugbay'), 'dir')
  await writeFile(join(folder, 'test/shop.test.js'), examples.join('\n'))
  // A runner inside a runner would report to the outer one.
  const { NODE_TEST_CONTEXT: _outer, ...env } = process.env
  const child = spawn(process.execPath, ['--test', '--test-reporter=spec'], { cwd: folder, env })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk))
  child.stderr.on('data', (chunk: Buffer) => (said += chunk))
  const code = await new Promise((resolve) => child.on('close', resolve))
  assert.equal(code, 0, said)
  assert.match(said, new RegExp(`pass ${examples.join('').match(/^test\(/gm)?.length}\\b`))
})
