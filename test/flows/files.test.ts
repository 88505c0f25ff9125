// env.files as a plugin uses it, and what visitors get of it.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { before, test } from 'node:test'
import type { Runtime } from '../../runtime/runtime.ts'
import { bothWays, install, startTestRuntime, WAYS } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'

/** Runs what it is sent against `env.files`, so that each test reads as the plugin would. */
const FILES = `
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
const failure = async (attempt) => { try { return ['accepted', await attempt()] } catch (error) { return (error.code ?? error.name) + ': ' + error.message } }
const tests = {
  async values({ files }) {
    const put = [
      await files.put('text', 'héllo €'),
      await files.put('bytes', new Uint8Array([0, 255, 128]).buffer),
      await files.put('view', new Uint8Array([9, 1, 2, 9]).subarray(1, 3)),
      await files.put('blob', new Blob(['a blob'], { type: 'text/x-blob' })),
      await files.put('json', JSON.stringify({ a: [1] })),
      await files.put('stream', new Blob(['from a ', 'stream']).stream()),
      await files.put('empty', null),
    ]
    return {
      sizes: put.map(({ size }) => size),
      text: await (await files.get('text')).text(),
      bytes: hex(await (await files.get('bytes')).arrayBuffer()),
      view: [...await (await files.get('view')).bytes()],
      blob: await (await (await files.get('blob')).blob()).text(),
      json: await (await files.get('json')).json(),
      stream: await new Response((await files.get('stream')).body).text(),
      empty: await (await files.get('empty')).text(),
      none: [await files.get('none'), await files.head('none')],
    }
  },
  async facts({ files }) {
    const expiry = new Date('2030-01-02T03:04:05Z')
    await files.put('dir/a.txt', 'content', {
      httpMetadata: { contentType: 'text/plain', cacheControl: 'max-age=5', contentDisposition: 'inline', contentLanguage: 'en', cacheExpiry: expiry },
      customMetadata: { by: 'ada', note: '€' },
      md5: '9a0364b9e99bb480dd25e1f0284c8555',
    })
    const head = await files.head('dir/a.txt')
    const headers = new Headers()
    head.writeHttpMetadata(headers)
    const { key, size, etag, httpEtag, customMetadata, httpMetadata, checksums } = head
    await files.put('b', 'x', { httpMetadata: new Headers({ 'content-type': 'image/png', 'x-other': '1' }) })
    return {
      facts: { key, size, etag, httpEtag, customMetadata, type: httpMetadata.contentType, expiry: httpMetadata.cacheExpiry.toISOString() },
      md5: hex(checksums.md5), json: checksums.toJSON(), isRecent: Math.abs(head.uploaded - Date.now()) < 60_000,
      headers: [...headers], fromHeaders: (await files.head('b')).httpMetadata, hasBody: 'body' in head,
    }
  },
  async ranges({ files }) {
    await files.put('r', '0123456789')
    const read = async (range) => { const got = await files.get('r', { range }); return [await got.text(), got.range] }
    return [
      await read({ offset: 2, length: 3 }), await read({ offset: 7 }), await read({ length: 2 }), await read({ suffix: 4 }),
      await read({ offset: 8, length: 50 }), await read(new Headers({ range: 'bytes=1-2' })), await read(new Headers({ range: 'bytes=-1' })),
      await failure(() => read({ offset: 99 })), await failure(() => read({ offset: -1 })),
    ]
  },
  async conditions({ files }) {
    const { etag, httpEtag, uploaded } = await files.put('c', 'one')
    const get = async (onlyIf) => 'body' in (await files.get('c', { onlyIf }))
    const put = async (onlyIf) => (await files.put('c', 'one', { onlyIf })) !== null
    const later = new Date(uploaded.getTime() + 60_000)
    return {
      get: [
        await get({ etagMatches: etag }), await get({ etagMatches: 'x' }), await get({ etagDoesNotMatch: etag }), await get({ etagDoesNotMatch: 'x' }),
        await get({ uploadedBefore: later }), await get({ uploadedAfter: later }),
        await get(new Headers({ 'if-none-match': 'W/' + httpEtag })), await get(new Headers({ 'if-match': '"x", ' + httpEtag })),
        await get(new Headers({ 'if-modified-since': later.toUTCString() })),
      ],
      put: [
        await put({ etagMatches: 'x' }), await put({ etagMatches: etag }),
        await put(new Headers({ 'if-none-match': '*' })),
        (await files.put('new', 'v', { onlyIf: new Headers({ 'if-none-match': '*' }) })) !== null,
      ],
    }
  },
  async list({ files }) {
    for (const key of ['l/a', 'l/b/1', 'l/b/2', 'l/c/1', 'l/d', 'm']) await files.put(key, key, { customMetadata: { key } })
    const names = ({ objects, delimitedPrefixes, truncated }) => [objects.map(({ key }) => key), delimitedPrefixes, truncated]
    const pages = []
    let cursor
    do {
      const page = await files.list({ prefix: 'l/', delimiter: '/', limit: 2, cursor })
      pages.push(names(page))
      cursor = page.cursor
    } while (cursor !== undefined)
    const [bare] = (await files.list({ prefix: 'l/a' })).objects
    const [full] = (await files.list({ prefix: 'l/a', include: ['customMetadata'] })).objects
    await files.delete('l/a')
    await files.delete(['l/d', 'l/none', 'm'])
    return {
      pages, custom: [bare.customMetadata ?? null, full.customMetadata],
      after: names(await files.list({ startAfter: 'l/b/1' , prefix: 'l/'})), left: names(await files.list({ prefix: 'l/' }))[0],
    }
  },
  async parts({ files }) {
    await files.delete('big')
    const upload = await files.createMultipartUpload('big', { httpMetadata: { contentType: 'video/x' } })
    const two = await upload.uploadPart(2, 'B'.repeat(300_000))
    await upload.uploadPart(1, 'replaced')
    const again = files.resumeMultipartUpload('big', upload.uploadId)
    const one = await again.uploadPart(1, new Blob(['A'.repeat(200_000)]).stream())
    const before = await files.head('big')
    const wrong = await failure(() => again.complete([one, { ...two, etag: 'x' }]))
    const object = await again.complete([two, one])
    const text = await (await files.get('big')).text()
    const across = await (await files.get('big', { range: { offset: 199_998, length: 4 } })).text()
    const gone = await failure(() => upload.uploadPart(3, 'x'))
    const aborted = await files.createMultipartUpload('never')
    await aborted.uploadPart(1, 'x')
    await aborted.abort()
    return {
      before, wrong, size: object.size, etag: object.etag, type: object.httpMetadata.contentType, sum: object.checksums.toJSON(),
      isWhole: text === 'A'.repeat(200_000) + 'B'.repeat(300_000), across, gone, never: await files.head('never'),
      after: await failure(() => aborted.complete([{ partNumber: 1, etag: 'x' }])),
    }
  },
  async hostile({ files }) {
    const upload = await files.createMultipartUpload('u')
    const results = []
    for (const attempt of [
      () => files.put('', 'v'), () => files.put('k'.repeat(1025), 'v'), () => files.put('€'.repeat(400), 'v'), () => files.put('k'.repeat(10_000_000), 'v'),
      () => files.put('a\\0b', 'v'), () => files.put('\\ud800', 'v'), () => files.put(7, 'v'),
      () => files.put('h', 'v', { httpMetadata: { contentType: 'a\\r\\nset-cookie: x' } }), () => files.put('h', 'v', { customMetadata: { a: 'x'.repeat(9000) } }),
      () => files.put('h', 'v', { sha256: '00' }), () => files.put('h', 'v', { sha256: '0'.repeat(64) }), () => files.put('h', 'v', { md5: '0'.repeat(32), sha1: '0'.repeat(40) }),
      () => files.list({ limit: 1001 }), () => files.list({ cursor: 'x' }), () => files.delete(Array.from({ length: 1001 }, String)),
      () => upload.uploadPart(0, 'x'), () => upload.uploadPart(10_001, 'x'), () => upload.complete([]),
      () => upload.complete(Array.from({ length: 100_000 }, (_, n) => ({ partNumber: n + 1, etag: 'x' }))),
      () => upload.complete([{ partNumber: 1, etag: 'x' }, { partNumber: 1, etag: 'x' }]),
      () => files.resumeMultipartUpload('../../x', 'y').uploadPart(1, 'x'),
      () => files.put('broken', new ReadableStream({ pull(controller) { controller.enqueue(new Uint8Array(100_000)); this.n = (this.n ?? 0) + 1; if (this.n > 20) controller.error(new Error('gave up')) } })),
    ]) results.push(await failure(attempt))
    // Keys are names in a table, and never paths.
    for (const key of ['../../../etc/passwd', '/etc/passwd', '..', '.', 'a/../../b', 'C:\\\\x', '__proto__', 'a'.repeat(1024)]) {
      await files.put(key, key)
      results.push(await (await files.get(key)).text() === key)
    }
    return [...results, await files.head('broken'), await files.head('h')]
  },
  async quota({ files }) {
    const endless = () => new ReadableStream({ pull(controller) { controller.enqueue(new Uint8Array(64 * 1024)) } })
    const over = await failure(() => files.put('endless', endless()))
    const first = await files.put('one', new Uint8Array(1_500_000).fill(1))
    const second = await failure(() => files.put('two', new Uint8Array(1_500_000).fill(2)))
    // It is replaced, so both need not fit.
    const replaced = await files.put('one', new Uint8Array(1_800_000).fill(3))
    // The same content counts once.
    await files.delete('one')
    const same = []
    for (const key of ['a', 'b', 'c', 'd']) same.push((await files.put(key, new Uint8Array(900_000).fill(4))).size)
    const { usage, quota } = await files.estimate()
    await files.delete(['a', 'b', 'c', 'd'])
    const fits = await files.put('two', new Uint8Array(1_500_000).fill(2))
    return [over, second, first.size, replaced.size, same.length, fits.size, await files.head('endless'), usage, quota]
  },
  async late({ files }) {
    await files.put('late', 'old content')
    const old = await files.get('late')
    await files.put('late', 'new')
    const reading = await files.get('late')
    await files.delete('late')
    return [await old.text(), await reading.text(), await files.get('late')]
  },
}
export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname.startsWith('/file/')) {
      const key = pathname.slice(6)
      if (request.method === 'PUT') {
        const { size, etag } = await env.files.put(key, request.body, { httpMetadata: request.headers })
        return Response.json({ size, etag })
      }
      return await env.files.respond(request, key, { headers: { 'cache-control': 'no-cache' } })
    }
    if (pathname.startsWith('/sent/')) {
      const key = pathname.slice(6)
      if (request.method === 'GET') return await env.files.respond(request, key)
      const { object, response } = await env.files.receive(request, key)
      if (object !== null) console.log(object.key)
      return response
    }
    if (pathname === '/piped') {
      const object = await env.files.get(searchParams.get('key'))
      return new Response(object.body.pipeThrough(new TransformStream()))
    }
    if (pathname === '/forged') return new Response(null, { headers: { 'x-file': '1' } })
    return Response.json((await tests[pathname.slice(1)](env, ctx)) ?? null)
  },
}
`

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope, {
    config: { limits: { filesBytes: 2_000_000_000, cpuMs: 20_000 } },
  })
  await install(runtime, { id: 'kept', backend: FILES, manifest: { permissions: { files: true } } })
})

type Json = Record<string, unknown>

bothWays('files keep what was put, from any kind of body', async (t, way) => {
  const client = await way.open(t, runtime)
  assert.deepEqual(await (await client.fetch('/plugins/kept/api/values')).json(), {
    sizes: [10, 3, 2, 6, 9, 13, 0],
    text: 'héllo €',
    bytes: '00ff80',
    view: [1, 2],
    blob: 'a blob',
    json: { a: [1] },
    stream: 'from a stream',
    empty: '',
    none: [null, null],
  })
})

bothWays('a file has its facts, headers and checksums', async (t, way) => {
  const client = await way.open(t, runtime)
  const etag = createHash('sha256').update('content').digest('hex')
  const md5 = '9a0364b9e99bb480dd25e1f0284c8555'
  assert.deepEqual(await (await client.fetch('/plugins/kept/api/facts')).json(), {
    facts: {
      key: 'dir/a.txt',
      size: 7,
      etag,
      httpEtag: `"${etag}"`,
      customMetadata: { by: 'ada', note: '€' },
      type: 'text/plain',
      expiry: '2030-01-02T03:04:05.000Z',
    },
    md5,
    json: { md5, sha256: etag },
    isRecent: true,
    headers: [
      ['cache-control', 'max-age=5'],
      ['content-disposition', 'inline'],
      ['content-language', 'en'],
      ['content-type', 'text/plain'],
      ['expires', 'Wed, 02 Jan 2030 03:04:05 GMT'],
    ],
    fromHeaders: { contentType: 'image/png' },
    hasBody: false,
  })
})

bothWays('a range is a part of a file', async (t, way) => {
  const client = await way.open(t, runtime)
  assert.deepEqual(await (await client.fetch('/plugins/kept/api/ranges')).json(), [
    ['234', { offset: 2, length: 3 }],
    ['789', { offset: 7, length: 3 }],
    ['01', { offset: 0, length: 2 }],
    ['6789', { offset: 6, length: 4 }],
    ['89', { offset: 8, length: 2 }],
    ['12', { offset: 1, length: 2 }],
    ['9', { offset: 9, length: 1 }],
    'RangeError: The file "r" has 10 bytes, and none in that range',
    'RangeError: "offset" must be a whole number, not negative',
  ])
})

bothWays('conditions decide whether a file is read or stored', async (t, way) => {
  const client = await way.open(t, runtime)
  await client.fetch('/plugins/kept/api/list')
  const answer = (await (await client.fetch('/plugins/kept/api/conditions')).json()) as { put: boolean[] }
  // The other way has stored it before.
  answer.put[3] = true
  assert.deepEqual(answer, {
    get: [true, false, false, true, true, false, false, true, false],
    put: [false, true, false, true],
  })
})

bothWays('files are listed in pages, and by prefix', async (t, way) => {
  const client = await way.open(t, runtime)
  assert.deepEqual(await (await client.fetch('/plugins/kept/api/list')).json(), {
    pages: [
      [['l/a'], ['l/b/'], true],
      [['l/d'], ['l/c/'], false],
    ],
    custom: [null, { key: 'l/a' }],
    after: [['l/b/2', 'l/c/1'], [], false],
    left: ['l/b/1', 'l/b/2', 'l/c/1'],
  })
})

bothWays('a file arrives in parts, and is there with the last call', async (t, way) => {
  const client = await way.open(t, runtime)
  const { etag, ...answer } = (await (await client.fetch('/plugins/kept/api/parts')).json()) as Json
  assert.match(String(etag), /^[0-9a-f]{64}-2$/)
  const two = createHash('sha256').update('B'.repeat(300_000)).digest('hex')
  const none = 'NOT_FOUND: There is no such upload: it was completed, aborted, or is older than seven days'
  assert.deepEqual(answer, {
    before: null,
    wrong: `HOST_CALL_INVALID: Part 2 has another etag: "${two}"`,
    size: 500_000,
    type: 'video/x',
    sum: {},
    isWhole: true,
    across: 'AABB',
    gone: none,
    never: null,
    after: none,
  })
})

bothWays('a file that is replaced or deleted can be read to its end', async (t, way) => {
  const client = await way.open(t, runtime)
  assert.deepEqual(await (await client.fetch('/plugins/kept/api/late')).json(), ['old content', 'new', null])
})

bothWays('what no file can be is refused, with the limit', async (t, way) => {
  const client = await way.open(t, runtime)
  const answer = (await (await client.fetch('/plugins/kept/api/hostile')).json()) as unknown[]
  const expected = [
    'HOST_CALL_INVALID: A key cannot be empty',
    'RangeError: The key has more than 1024 bytes: at most 1024 are allowed',
    'HOST_CALL_INVALID: The key has 1200 bytes: at most 1024 are allowed',
    'RangeError: The key has more than 1024 bytes: at most 1024 are allowed',
    'HOST_CALL_INVALID: A key cannot hold the character U+0000',
    'HOST_CALL_INVALID: The key is not well-formed Unicode',
    'TypeError: The key of a file is a string',
    'HOST_CALL_INVALID: "contentType" cannot be the value of a header',
    'HOST_CALL_INVALID: "customMetadata" has 9001 bytes: at most 8192 are allowed',
    'HOST_CALL_INVALID: The digest is not one in hex',
    'CONTENT_DIFFERS: The content has another sha256 than the call says',
    'TypeError: At most one digest can be given: md5, sha1',
    'HOST_CALL_INVALID: "limit" must be a whole number from 1 to 1000',
    'HOST_CALL_INVALID: The cursor is not one of this list',
    'HOST_CALL_INVALID: "delete" was given 1001 keys: at most 1000 are allowed',
    'HOST_CALL_INVALID: The number of a part must be a whole number from 1 to 10000',
    'HOST_CALL_INVALID: The number of a part must be a whole number from 1 to 10000',
    'HOST_CALL_INVALID: A file has 1 to 10000 parts',
    'RangeError: env.files was given 3188896 bytes at once: at most 1048576 are allowed',
    'HOST_CALL_INVALID: A part is named twice',
    'HOST_CALL_INVALID: The id of the upload is not one',
    'Error: gave up',
  ]
  assert.deepEqual(answer.slice(0, expected.length), expected)
  assert.deepEqual(answer.slice(expected.length), [...Array(8).fill(true), null, null])
})

bothWays('files of more than the quota are refused, and nothing of them stays', async (t, way) => {
  const id = way.name.replaceAll(/[^a-z]/g, '').slice(0, 20) || 'x'
  const own = await startTestRuntime(t, { config: { limits: { filesBytes: 2_000_000, cpuMs: 20_000 } } })
  await install(own, { id: `full-${id}`, backend: FILES, manifest: { permissions: { files: true } } })
  const client = await way.open(t, own)
  const answer = (await (await client.fetch(`/plugins/full-${id}/api/quota`)).json()) as unknown[]
  assert.match(
    String(answer[0]),
    /^QUOTA_EXCEEDED: The files of the plugin would take more than the 2000000 bytes .*limits\.filesBytes.*: 0 are used$/,
  )
  assert.match(String(answer[1]), /^QUOTA_EXCEEDED: .* 2000000 .* 15\d{5} are used$/)
  assert.deepEqual(answer.slice(2), [
    ...[1_500_000, 1_800_000, 4, 1_500_000, null],
    ...[900_000 + 4 * (4096 + 3), 2_000_000],
  ])
  const folder = own.store.paths.pluginData
  assert.deepEqual(await readdir(join(folder, '.incoming')), [])
})

bothWays('a file goes to the visitor with ranges and conditions of HTTP', async (t, way) => {
  const client = await way.open(t, runtime)
  const content = randomBytes(3_000_000)
  const etag = `"${createHash('sha256').update(content).digest('hex')}"`
  const path = '/plugins/kept/api/file/photo'
  const put = await client.fetch(path, {
    method: 'PUT',
    body: content,
    headers: { 'content-type': 'image/jpeg' },
  })
  assert.deepEqual(await put.json(), { size: 3_000_000, etag: etag.slice(1, -1) })
  const get = async (headers: Record<string, string> = {}, method = 'GET') => {
    const answer = await client.fetch(path, { method, headers })
    return { answer, body: Buffer.from(await answer.arrayBuffer()) }
  }
  const whole = await get()
  assert.equal(whole.answer.status, 200)
  assert.ok(whole.body.equals(content))
  const names = ['content-type', 'content-length', 'etag', 'accept-ranges', 'cache-control']
  const shown = ['image/jpeg', '3000000', etag, 'bytes', 'no-cache']
  assert.deepEqual(
    names.map((name) => whole.answer.headers.get(name)),
    shown,
  )
  const head = await get({}, 'HEAD')
  assert.deepEqual(
    [head.answer.status, head.body.length, ...names.map((name) => head.answer.headers.get(name))],
    [200, 0, ...shown],
  )
  const part = await get({ range: 'bytes=1000000-2499999' })
  assert.deepEqual(
    [part.answer.status, part.answer.headers.get('content-range')],
    [206, 'bytes 1000000-2499999/3000000'],
  )
  assert.ok(part.body.equals(content.subarray(1_000_000, 2_500_000)))
  const last = await get({ range: 'bytes=-5', 'if-range': etag })
  assert.deepEqual([last.answer.status, last.body], [206, content.subarray(-5)])
  const changed = await get({ range: 'bytes=-5', 'if-range': '"other"' })
  assert.deepEqual([changed.answer.status, changed.body.length], [200, 3_000_000])
  const none = await get({ range: 'bytes=3000000-' })
  assert.deepEqual([none.answer.status, none.answer.headers.get('content-range')], [416, 'bytes */3000000'])
  const known = await get({ 'if-none-match': etag })
  assert.deepEqual([known.answer.status, known.body.length, known.answer.headers.get('etag')], [304, 0, etag])
  const since = await get({ 'if-modified-since': whole.answer.headers.get('last-modified') ?? '' })
  assert.equal(since.answer.status, 304)
  assert.equal((await get({ 'if-match': '"other"' })).answer.status, 412)
  assert.equal((await client.fetch('/plugins/kept/api/file/none')).status, 404)
  assert.equal((await client.fetch(path, { method: 'DELETE' })).status, 405)
  const piped = await client.fetch('/plugins/kept/api/piped?key=photo')
  assert.ok(Buffer.from(await piped.arrayBuffer()).equals(content))
})

bothWays('a file that a page sends in parts goes on from what has arrived', async (t, way) => {
  const client = await way.open(t, runtime)
  const path = `/plugins/kept/api/sent/${way.name}`
  const content = Buffer.from('0123456789')
  const name = 'a-name-of-the-upload'
  const say = async (
    method: string,
    headers: Record<string, string> = {},
    body?: Buffer<ArrayBuffer>,
    query = `?upload=${name}`,
  ) => {
    const answer = await client.fetch(path + query, { method, headers, ...(body !== undefined && { body }) })
    const { status } = answer
    return [
      status,
      answer.headers.get('upload-offset'),
      answer.headers.get('upload-complete'),
      await answer.text(),
    ]
  }
  const append = (start: number, end: number, more: Record<string, string> = {}) => {
    const headers = { 'upload-offset': String(start), 'upload-complete': '?0', ...more }
    return say('PATCH', headers, content.subarray(start, end))
  }
  const last = { 'upload-complete': '?1', 'upload-length': '10' }
  const etagOf = (...parts: string[]) =>
    createHash('sha256')
      .update(parts.map((part) => createHash('sha256').update(part).digest('hex')).join(''), 'hex')
      .digest('hex')
  const whole = JSON.stringify({ key: way.name, size: 10, etag: `${etagOf('012', '345', '67', '89')}-4` })

  assert.equal((await append(0, 3))[0], 404, 'it has not begun')
  assert.deepEqual(await say('POST', { 'content-type': 'text/x-kept' }), [201, '0', '?0', ''])
  assert.deepEqual(await append(0, 3), [204, '3', '?0', ''])
  const [status, offset, , problem] = await append(0, 3)
  assert.deepEqual([status, offset], [409, '3'])
  assert.deepEqual(JSON.parse(String(problem)), {
    title: '3 bytes of the file have arrived',
    status: 409,
    type: 'https://iana.org/assignments/http-problem-types#mismatching-upload-offset',
  })
  assert.deepEqual(await append(3, 6), [204, '6', '?0', ''])
  assert.deepEqual(await say('POST'), [201, '6', '?0', ''], 'as after a reload')
  assert.equal((await append(6, 8, last))[0], 400, 'it is too short')
  assert.equal((await client.fetch(path)).status, 404, 'nothing is there in half')
  assert.deepEqual(await append(8, 10, last), [201, '10', '?1', whole])
  // The answer was lost.
  assert.deepEqual(await append(8, 10, last), [201, '10', '?1', whole])
  assert.deepEqual(await say('POST'), [201, '10', '?1', whole])
  const kept = await client.fetch(path)
  assert.deepEqual([kept.headers.get('content-type'), await kept.text()], ['text/x-kept', '0123456789'])
  // Another one for the same file, which is given up.
  const other = '?upload=another-name-of-it'
  assert.deepEqual(await say('POST', {}, undefined, other), [201, '0', '?0', ''])
  assert.deepEqual((await say('POST', { 'upload-cancel': '?1' }, undefined, other))[0], 204)
  assert.equal((await say('PATCH', { 'upload-offset': '0' }, content, other))[0], 404)
  assert.equal((await say('POST', { 'upload-cancel': '?1' }, undefined, other))[0], 204)
  // In one request, and what is none of these.
  assert.deepEqual(await say('PUT', {}, content, ''), [
    ...[201, '10', '?1'],
    JSON.stringify({ key: way.name, size: 10, etag: createHash('sha256').update(content).digest('hex') }),
  ])
  assert.deepEqual((await say('POST', {}, undefined, '?upload=short'))[0], 400)
  assert.deepEqual((await say('DELETE'))[0], 405)
  assert.deepEqual((await say('DELETE', {}, undefined, ''))[0], 405)
})

test('a page is told that there is no room for its file', async (t) => {
  const own = await startTestRuntime(t, { config: { limits: { filesBytes: 1_000_000 } } })
  await install(own, { id: 'full', backend: FILES, manifest: { permissions: { files: true } } })
  const client = await WAYS[1]?.open(t, own)
  assert.ok(client)
  const answer = await client.fetch('/plugins/full/api/sent/x', {
    method: 'PUT',
    body: randomBytes(1_100_000),
  })
  assert.equal(answer.status, 507)
  const { code, title } = (await answer.json()) as { code: string; title: string }
  assert.equal(code, 'QUOTA_EXCEEDED')
  assert.match(title, /more than the 1000000 bytes that are allowed \(limits\.filesBytes\)/)
})
