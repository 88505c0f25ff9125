// Many uploads at once and many that never end (U3, U4, Z1), and bodies that are not what they say (Z10).

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { before, test } from 'node:test'
import type { Runtime } from '../../runtime/runtime.ts'
import { randomOf } from '../support/random.ts'
import { ADMIN_TOKEN, install, pluginZip, startTestRuntime, until } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { record } from './helpers/record.ts'
import { AUTHORIZED, head, listenFor, openWire } from './helpers/wire.ts'

const scope = sharedScope()
let runtime: Runtime
let origin: string
let port: number
before(async () => {
  runtime = await startTestRuntime(scope)
  port = await listenFor(scope, runtime)
  origin = `http://127.0.0.1:${port}`
  await install(runtime, { id: 'present', files: { 'frontend/index.html': 'present' } })
})

const staged = () => readdir(runtime.store.paths.staging)
const artifacts = () => readdir(runtime.store.paths.artifacts)

function post(body: BodyInit, type: string, path = '/api/v1/plugins?grant=all'): Promise<Response> {
  return fetch(origin + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': type },
    body,
  })
}

test('U3 500 uploads broken off at random leave no file, no handle and no lock behind', async (t) => {
  const body = Buffer.from(
    pluginZip({ id: 'broken', files: { 'frontend/filler.bin': randomBytes(200_000) } }),
  )
  const random = randomOf(42)
  const handles = async () => (process.platform === 'linux' ? (await readdir('/proc/self/fd')).length : 0)
  const before = await handles()
  for (let round = 0; round < 25; round++)
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const wire = await openWire(t, port)
        wire.send(
          head('POST /api/v1/plugins', {
            ...AUTHORIZED,
            'Content-Type': 'application/zip',
            'Content-Length': body.length,
          }),
        )
        const part = body.subarray(0, Math.floor(random() * body.length))
        await new Promise((resolve) => wire.socket.write(part, resolve))
        if (random() < 0.5) wire.socket.destroy()
        else wire.socket.resetAndDestroy()
        await wire.ended
      }),
    )
  await until('the staging folder is empty', async () => (await staged()).length === 0)
  await until('every handle is closed', async () => (await handles()) <= before + 5)
  const good = await post(
    pluginZip({ id: 'after-broken', files: { 'frontend/index.html': 'x' } }),
    'application/zip',
  )
  assert.equal(good.status, 201, await good.text())
  record({
    id: 'U3',
    area: 'http',
    title: '500 uploads broken off at random',
    culprit: 'nothing is left',
    neighbour: { requests: 1, failed: 0 },
  })
})

test('U4 50 plugins uploaded at once, and 10 versions of one, are whole and unmixed', async () => {
  const files = (seed: string) => ({
    'frontend/index.html': `<title>${seed}</title>`,
    'frontend/data.bin': createHash('sha512').update(seed).digest('hex').repeat(200),
  })
  const many = Array.from({ length: 50 }, (_, index) => `many-${index}`)
  const versions = Array.from({ length: 10 }, (_, index) => `1.${index}.0`)
  const answers = await Promise.all([
    ...many.map((id) => post(pluginZip({ id, files: files(id) }), 'application/zip')),
    ...versions.map((version) =>
      post(pluginZip({ id: 'same', version, files: files(version) }), 'application/zip'),
    ),
  ])
  const statuses = await Promise.all(
    answers.map(async (answer) => [answer.status, ((await answer.json()) as { code?: string }).code]),
  )
  assert.ok(
    statuses.slice(0, 50).every(([status]) => status === 201),
    JSON.stringify(statuses),
  )
  for (const [status, code] of statuses.slice(50))
    assert.ok(
      status === 201 ||
        status === 200 ||
        (status === 409 && (code === 'DOWNGRADE' || code === 'VERSION_EXISTS')),
      `${status} ${code}`,
    )
  const { version } = await runtime.plugins.get('same')
  const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')
  for (const [id, seed] of [...many.map((each) => [each, each] as const), ['same', version ?? ''] as const])
    for (const [name, content] of Object.entries(files(seed))) {
      const path = name.slice('frontend/'.length)
      // As a script fetches it: a page that is shown gets a token.
      const headers = { 'sec-fetch-dest': 'empty' }
      const url = `${origin}/plugins/${id}/${path === 'index.html' ? '' : path}`
      const text = await (await fetch(url, { headers })).text()
      assert.equal(hashOf(text), hashOf(content), `${id}/${path}`)
    }
  assert.deepEqual(await staged(), [])
  record({
    id: 'U4',
    area: 'http',
    title: '60 uploads at once, 10 of one plugin',
    culprit: 'each is whole; 201, 200 or 409',
  })
})

test('Z1 the same bytes uploaded at the same time are installed once', async () => {
  const before = (await artifacts()).length
  const zip = pluginZip({ id: 'twin', files: { 'frontend/index.html': '<title>twin</title>' } })
  const answers = await Promise.all(Array.from({ length: 8 }, () => post(zip, 'application/zip')))
  const statuses = answers.map(({ status }) => status).toSorted()
  assert.deepEqual([statuses.at(-1), statuses.slice(0, -1)], [201, Array(7).fill(200)])
  assert.equal((await artifacts()).length, before + 1)
  assert.deepEqual(await staged(), [])
  record({
    id: 'Z1',
    area: 'archives',
    title: 'the same bytes eight times at once',
    culprit: 'one 201, seven 200 "unchanged"',
  })
})

test('Z10 a body that does not match its type is refused, and names in a form are not used as paths', async () => {
  const zip = pluginZip({ id: 'lying', files: { 'frontend/index.html': 'x' } })
  const before = JSON.stringify((await runtime.plugins.list()).map(({ id }) => id))
  for (const type of [
    'text/html',
    'application/json',
    'application/octet-stream',
    'application/x-zip',
    'multipart/mixed; boundary=x',
    'application/zip2',
    'text/plain; application/zip',
    '',
  ])
    assert.equal((await post(zip, type)).status, 415, type)
  const part = (name: string, filename: string, content: string | Uint8Array, type = 'application/zip') =>
    Buffer.concat([
      Buffer.from(
        `--x\r\ncontent-disposition: form-data; name="${name}"; filename="${filename}"\r\ncontent-type: ${type}\r\n\r\n`,
      ),
      Buffer.from(content as Uint8Array),
      Buffer.from('\r\n'),
    ])
  const end = Buffer.from('--x--\r\n')
  const inner = Buffer.concat([
    Buffer.from('--y\r\ncontent-disposition: file; filename="../../x.zip"\r\n\r\n'),
    zip,
    Buffer.from('\r\n--y--\r\n'),
  ])
  const forms: readonly (readonly [name: string, body: Buffer])[] = [
    ['two files', Buffer.concat([part('package', 'a.zip', zip), part('package', 'b.zip', zip), end])],
    ['two fields', Buffer.concat([part('package', 'a.zip', zip), part('other', 'b.zip', zip), end])],
    ['another name', Buffer.concat([part('file', 'a.zip', zip), end])],
    [
      'a form inside the form',
      Buffer.concat([part('package', 'a.zip', inner, 'multipart/mixed; boundary=y'), end]),
    ],
    ['no end', part('package', 'a.zip', zip)],
    ['a name of a prototype', Buffer.concat([part('__proto__', 'a.zip', zip), end])],
    ['nothing', end],
  ]
  for (const [name, body] of forms) {
    const { status } = await post(new Uint8Array(body), 'multipart/form-data; boundary=x')
    assert.ok(status === 400 || status === 422, `${name}: ${status}`)
  }
  assert.equal(JSON.stringify((await runtime.plugins.list()).map(({ id }) => id)), before)
  for (const [index, filename] of [
    '../../x.zip',
    '/etc/cron.d/x',
    'C:\\\\x.zip',
    'a'.repeat(5000),
  ].entries()) {
    const named = pluginZip({ id: `named-${index}`, files: { 'frontend/index.html': 'x' } })
    const { status } = await post(
      new Uint8Array(Buffer.concat([part('package', filename, named), end])),
      'multipart/form-data; boundary=x',
    )
    assert.equal(status, 201, filename)
  }
  assert.deepEqual(await staged(), [])
  record({
    id: 'Z10',
    area: 'archives',
    title: 'types and forms that lie',
    culprit: '415 or 400; names of files mean nothing',
  })
})
