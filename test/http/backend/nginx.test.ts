// nginx with its defaults in front: what a backend sends bit by bit arrives bit by bit.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { serve } from '../../../runtime/serve.ts'
import { install, startTestRuntime, temporaryFolder, until } from '../../support/runtime.ts'

const NGINX = '/usr/sbin/nginx'

/** Sends its second part when the first has been confirmed. */
const BACKEND = `
  const next = new Map()
  const encoder = new TextEncoder()
  export default {
    fetch(request) {
      const { pathname, searchParams } = new URL(request.url)
      const key = searchParams.get('key')
      if (request.method === 'POST') { next.get(key)(); return new Response(null, { status: 204 }) }
      const parts = pathname === '/events' ? ['data: 1\\n\\n', 'data: 2\\n\\n'] : ['{"n":1}\\n', '{"n":2}\\n']
      const type = pathname === '/events' ? 'text/event-stream' : 'application/x-ndjson'
      const body = new ReadableStream({
        async start(controller) {
          controller.enqueue(encoder.encode(parts[0]))
          await new Promise((resolve) => next.set(key, resolve))
          controller.enqueue(encoder.encode(parts[1]))
          controller.close()
        },
      })
      const headers = { 'content-type': type, ...(pathname === '/held' && { 'x-accel-buffering': 'yes' }) }
      return new Response(body, { headers })
    },
  }`

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : assert.fail()
}

/** Resolves with its origin. */
async function startNginx(t: TestContext, upstream: number): Promise<string> {
  const folder = await temporaryFolder(t)
  const port = await freePort()
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join(' ')
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/pid; events {}
     http { access_log off; ${temporary}
       server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${upstream}; } } }`,
  )
  const child = spawn(NGINX, ['-p', folder, '-c', `${folder}/nginx.conf`, '-e', 'stderr'], {
    stdio: 'ignore',
  })
  t.after(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  const origin = `http://127.0.0.1:${port}`
  await until('nginx listens', async () => (await fetch(`${origin}/healthz`).catch(() => undefined))?.ok)
  return origin
}

test('through nginx, events and lines arrive one by one', { timeout: 60_000 }, async (t) => {
  if (!existsSync(NGINX)) {
    if (process.env.CI === 'true') assert.fail(`nginx is missing: "${NGINX}"`)
    return t.skip('nginx is not installed')
  }
  const runtime = await startTestRuntime(t)
  await install(runtime, { id: 'drops', backend: BACKEND })
  const listening = await serve(runtime)
  t.after(() => listening.close(0))
  const origin = await startNginx(t, listening.port)

  for (const [path, parts] of [
    ['/events', ['data: 1\n\n', 'data: 2\n\n']],
    ['/lines', ['{"n":1}\n', '{"n":2}\n']],
  ] as const) {
    const url = `${origin}/plugins/drops/api${path}?key=${path.slice(1)}`
    const response = await fetch(url)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    // If nginx held it back, this would wait for the second part, which is sent after it only.
    assert.equal((await reader?.read())?.value, parts[0])
    assert.equal((await fetch(url, { method: 'POST' })).status, 204)
    assert.equal((await reader?.read())?.value, parts[1])
    assert.equal((await reader?.read())?.done, true)
  }

  const direct = `http://127.0.0.1:${listening.port}/plugins/drops/api`
  for (const [path, value] of [
    ['/events', 'no'],
    ['/held', 'yes'],
  ] as const) {
    const { headers, body } = await fetch(`${direct}${path}?key=direct`)
    assert.equal(headers.get('x-accel-buffering'), value, 'a plugin may choose')
    await body?.cancel()
  }
})
