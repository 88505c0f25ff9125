// The report of the school pack to the district: who may send it, what arrives, and what the sender learns when the district does not
// answer. The district is a server of the test, under an address that stands in the package in place of the real one.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { startServer } from '../egress/servers.ts'
import { sharedScope } from '../support/scope.ts'
import { zipOf } from '../support/zip.ts'
import { openLibrary, SCHOOL_PACK, signIn, uploadZip } from './library.ts'

const KEY = 'key+of/the=district'

const scope = sharedScope()

interface Received {
  readonly authorization: string | undefined
  readonly type: string | undefined
  readonly body: unknown
}

/** Of its answers; null breaks the connection. */
let status: number | null = 200
const received: Received[] = []
const district = await startServer(scope, async (request, response) => {
  if (status === null) return void response.destroy()
  const { authorization, 'content-type': type } = request.headers
  received.push({ authorization, type, body: JSON.parse(Buffer.concat(await request.toArray()).toString()) })
  response.writeHead(status).end(`Your key was ${authorization}`)
})
const opened = await openLibrary(scope)
const { library, headers } = opened

/** The release as it is, but for the address of the district. */
function packageFor(origin: string): Uint8Array<ArrayBuffer> {
  const folder = join(SCHOOL_PACK, '2.0.0')
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  const entries = files.map((path) => {
    const content = readFileSync(path)
    const isText = /\.(?:ts|json)$/.test(path)
    const text = isText ? content.toString().replaceAll('https://district.example.org', origin) : content
    return [relative(folder, path), text] as const
  })
  return new Uint8Array(zipOf(Object.fromEntries(entries)))
}

const REPORT = '/apps/plugins/school-pack/api/report'
const send = (from: Readonly<Record<string, string>>) =>
  fetch(library.url + REPORT, { method: 'POST', headers: { origin: library.url, ...from } })
const api = (method: string, path: string, body?: unknown) =>
  fetch(`${library.url}/apps/api/v1/plugins/school-pack${path}`, {
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })

test('the report holds the most read books and the key, which the plugin never sees', async () => {
  assert.equal((await uploadZip(opened, packageFor(district.origin))).status, 201)
  assert.equal((await send(headers)).status, 409, 'without a key nothing is sent')
  for (const id of [6, 6, 2]) await fetch(`${library.url}/en/books/${id}`, { headers })
  assert.equal((await api('PATCH', '/settings', { districtKey: KEY, mostRead: 1 })).status, 200)
  const answer = await send(headers)
  assert.deepEqual([answer.status, await answer.json()], [200, { status: 200 }])
  assert.deepEqual(received, [
    {
      authorization: `Bearer ${KEY}`,
      type: 'application/json',
      body: { books: [{ title: 'Flatland', count: 2 }] },
    },
  ])
})

test('only a librarian sends it, whoever else is signed in', async () => {
  for (const name of ['tomas', 'yara']) assert.equal((await send(await signIn(library, name))).status, 403)
  assert.equal((await send({})).status, 403)
  assert.equal((await fetch(library.url + REPORT, { headers })).status, 404)
  assert.equal(received.length, 1)
})

test('a district that refuses or is not there is said to be so, and the key is in no answer and no log', async () => {
  status = 500
  const refused = await send(headers)
  assert.deepEqual([refused.status, await refused.json()], [502, { status: 500 }])
  status = null
  const absent = await send(headers)
  assert.deepEqual([absent.status, await absent.json()], [502, { error: 'The district does not answer' }])
  const log = await (await api('GET', '/logs')).text()
  assert.match(log, /The district does not answer/)
  assert.equal(log.includes(KEY), false)
})
