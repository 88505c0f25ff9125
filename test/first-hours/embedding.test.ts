// What an embedder meets first: the example of README.md and the recipes of docs/embedding.md, run as they are written.
// Tests bear the number of the problem that they keep away.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { NODE_MAJOR, oldNodeProblem } from '../../runtime/node-version.ts'
import { zipOf } from '../support/zip.ts'

const PROJECT = join(import.meta.dirname, '../..')
const SECRET = { 'x-secret': 'countess' }

const PLUGIN = zipOf({
  'manifest.json': JSON.stringify({
    manifestVersion: 1,
    id: 'talk',
    name: 'Talk',
    version: '1.0.0',
    access: 'public',
    settings: { type: 'object', properties: { greeting: { type: 'string', default: 'Hello' } } },
  }),
  'backend/index.js': `export default { async fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname === '/events') {
      const stream = new ReadableStream({ async pull(controller) {
        controller.enqueue(new TextEncoder().encode('data: now\\n\\n'))
        await new Promise((resolve) => setTimeout(resolve, 50))
      } })
      return new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
    }
    if (request.headers.get('upgrade') === 'websocket') {
      const { 0: client, 1: server } = new WebSocketPair()
      server.accept()
      server.addEventListener('message', ({ data }) => server.send('You said ' + data))
      return new Response(null, { status: 101, webSocket: client })
    }
    return Response.json({ body: await request.text() })
  } }`,
})

interface Application {
  /** Up to and with "/tools/". */
  readonly tools: URL
  readonly server: ChildProcess
  errors(): string
}

for (const { name, file, language, word } of [
  { name: 'README.md', file: 'README.md', language: 'ts', word: '' },
  { name: 'Express', file: 'docs/embedding.md', language: 'js', word: '// Express' },
  { name: 'Fastify', file: 'docs/embedding.md', language: 'js', word: '// Fastify' },
]) {
  test(`A12, A13, A14, A17: the example of ${name} uploads, changes, streams and opens a WebSocket as it is written`, async (t) => {
    const { tools, server, errors } = await start(t, await example(file, language, word))
    assert.equal(await (await fetch(new URL('/', tools))).text(), 'My application')

    // A13: by a header of the application, without Origin.
    const upload = await fetch(new URL('api/v1/plugins', tools), {
      method: 'POST',
      headers: { ...SECRET, 'content-type': 'application/zip' },
      body: new Blob([Buffer.from(PLUGIN)]),
    })
    assert.equal(upload.status, 201, await upload.text())

    // A17: bodies reach the runtime, whatever parsers the application has.
    const changed = await fetch(new URL('api/v1/plugins/talk/settings', tools), {
      method: 'PATCH',
      headers: { ...SECRET, 'content-type': 'application/json' },
      body: JSON.stringify({ greeting: 'Good day' }),
    })
    assert.equal(changed.status, 200, await changed.text())
    const echo = await fetch(new URL('plugins/talk/api/echo', tools), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"a":1}',
    })
    assert.deepEqual(await echo.json(), { body: '{"a":1}' })

    // A14
    const socket = new WebSocket(new URL('plugins/talk/api/chat', tools))
    await once(socket, 'open')
    socket.send('hi')
    const [said] = (await once(socket, 'message')) as [Buffer]
    assert.equal(String(said), 'You said hi')
    socket.terminate()

    // A12: clients go away, which the server need not report.
    for (let count = 0; count < 3; count++) {
      const gone = new AbortController()
      const stream = await fetch(new URL('plugins/talk/api/events', tools), { signal: gone.signal })
      await stream.body?.getReader().read()
      gone.abort()
    }
    // The log of the plugin would show it by then.
    await (await fetch(new URL('plugins/talk/api/echo', tools))).text()

    const exited = once(server, 'exit')
    server.kill('SIGTERM')
    assert.deepEqual(await exited, [0, null])
    assert.equal(errors(), '')
  })
}

test('A15: require() of the package works', () => {
  const script = "console.log(Object.keys(require('plugbay')).includes('createRuntime'))"
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=commonjs', '--eval', script], {
    cwd: PROJECT,
    encoding: 'utf8',
  })
  assert.equal(stdout, 'true\n', stderr)
})

test('A16: the version of Node that the sentence names is the one of package.json', async () => {
  const { engines } = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8')) as {
    readonly engines: { readonly node: string }
  }
  assert.equal(engines.node, `>=${NODE_MAJOR}`)
  assert.equal(oldNodeProblem(process.version), undefined)
  assert.equal(oldNodeProblem(`v${NODE_MAJOR}.0.0`), undefined)
  assert.match(
    oldNodeProblem('v20.20.2') ?? '',
    /^Plugbay needs Node 26 or later, and this is Node 20\.20\.2:/,
  )
})

/** Starts the program in a folder of its own, with this checkout as its package. */
async function start(t: TestContext, { text, extension }: Example): Promise<Application> {
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-embedding-'))
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await writeFile(join(folder, `server.${extension}`), text)
  await mkdir(join(folder, 'node_modules/@hono'), { recursive: true })
  await symlink(PROJECT, join(folder, 'node_modules/plugbay'))
  // A copy of its own, as npm gives an application that asks for another version.
  await cp(join(PROJECT, 'node_modules/hono'), join(folder, 'node_modules/hono'), { recursive: true })
  for (const name of ['@hono/node-server', 'express', 'fastify'])
    await symlink(join(PROJECT, 'node_modules', name), join(folder, 'node_modules', name))
  const server = spawn(process.execPath, [`server.${extension}`], {
    cwd: folder,
    env: { ...process.env, PORT: '0', ADAS_SECRET: 'countess' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => server.kill('SIGKILL'))
  let errors = ''
  server.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk
  })
  for await (const line of createInterface({ input: server.stdout }))
    if (line.startsWith('http://')) return { tools: new URL('..', line), server, errors: () => errors }
  throw new Error(`The example did not say its address: ${errors}`)
}

interface Example {
  readonly text: string
  readonly extension: string
}

/** The first block of that language that creates an app, and holds the word. */
async function example(file: string, extension: string, word: string): Promise<Example> {
  const page = await readFile(join(PROJECT, file), 'utf8')
  const blocks = [...page.matchAll(new RegExp(`^\`\`\`${extension}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, block = '']) => block,
  )
  const text = blocks.find((block) => block.includes('createApp(') && block.includes(word))
  assert.ok(text !== undefined, `${file} has no example with "${word}"`)
  return { text, extension }
}
