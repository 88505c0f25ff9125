// Headers, Request and Response in an isolate, and their way over the wall.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { buildWeb, createGuest } from './harness.ts'

const guest = createGuest(await buildWeb())
after(() => guest[Symbol.dispose]())

const HEAD = {
  m: 'fetch',
  method: 'POST',
  url: 'http://plugin.test/api/x?q=1',
  headers: ['content-type', 'application/json', 'cookie', 'a=1', 'accept', 'x', 'accept', 'y'],
  user: null,
  requestId: 'r1',
  language: null,
}

test('Headers validate, combine, sort and keep cookies apart', async () => {
  const seen = await guest.run(`
    const refused = []
    const h = new Headers([['X-B', ' 1 '], ['x-a', '2'], ['X-b', '3\\t'], ['Set-Cookie', 'a=1'], ['set-cookie', 'b=2']])
    for (const [name, value] of [['', 'x'], ['a b', 'x'], ['a\\u0130', 'x'], ['a', 'x\\r\\ny'], ['a', '\\0'], ['a', '\\u0100'], ['a:', 'x']]) {
      try { h.append(name, value) } catch (error) { refused.push(error instanceof TypeError) }
    }
    const out = [refused, [...h], h.get('x-B'), h.get('none'), h.getSetCookie(), h.has('SET-COOKIE')]
    h.set('x-b', '9'); h.delete('x-A')
    out.push([...h.keys()], [...h.values()])
    out.push([...new Headers({ Accept: 'é', __proto__: { ignored: '1' }, ['__proto__']: 'p' })])
    try { new Headers([['a']]); out.push('accepted') } catch (error) { out.push(error.name) }
    try { new Headers('a: b'); out.push('accepted') } catch (error) { out.push(error.name) }
    return out`)
  assert.deepEqual(seen, [
    [true, true, true, true, true, true, true],
    [
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['x-a', '2'],
      ['x-b', '1, 3'],
    ],
    '1, 3',
    null,
    ['a=1', 'b=2'],
    true,
    ['set-cookie', 'set-cookie', 'x-b'],
    ['a=1', 'b=2', '9'],
    [
      ['__proto__', 'p'],
      ['accept', 'é'],
    ],
    'TypeError',
    'TypeError',
  ])
})

test('a request from the wire is read lazily and its headers cannot be changed', async () => {
  const before = guest.calls.get('parseUrl') ?? 0
  const seen = await guest.run(
    `const bytes = new TextEncoder().encode('{"é":[1]}')
    const request = web.requestFromWire(args[0], bytes, undefined, web.createAbort())
    const out = [request.method, request.url, new URL(request.url).search, request.headers.get('Accept'), request.bodyUsed]
    try { request.headers.set('a', 'b') } catch (error) { out.push(error.name) }
    const copy = request.clone()
    out.push(await request.json(), request.bodyUsed, await copy.text(), copy.headers === copy.headers)
    try { await request.text() } catch (error) { out.push(error.name) }
    out.push(request instanceof Request, String(request), request.signal.aborted, request.signal === request.signal)
    return out`,
    HEAD,
  )
  assert.deepEqual(seen, [
    'POST',
    HEAD.url,
    '?q=1',
    'x, y',
    false,
    'TypeError',
    { é: [1] },
    true,
    '{"é":[1]}',
    true,
    'TypeError',
    true,
    '[object Request]',
    false,
    true,
  ])
  assert.equal(guest.calls.get('parseUrl') ?? 0, before)
})

test('a streamed request body is opened at its first use only', async () => {
  const seen = await guest.run(
    `let opened = 0
    const open = () => { opened++; return new ReadableStream({ start(c) { c.enqueue(new Uint8Array([104, 105])); c.close() } }) }
    const unread = web.requestFromWire(args[0], undefined, open, undefined)
    const untouched = [unread.bodyUsed, opened]
    const read = web.requestFromWire(args[0], undefined, open, undefined)
    const [a, b] = [read.clone(), read]
    return [untouched, await a.text(), await b.text(), opened, b.bodyUsed, unread.body === unread.body, opened]`,
    HEAD,
  )
  assert.deepEqual(seen, [[false, 0], 'hi', 'hi', 1, true, true, 2])
})

test('new Request() follows the Fetch standard', async () => {
  const seen = await guest.run(
    `const out = []
    const fails = (make) => { try { make(); out.push('accepted') } catch (error) { out.push(error.name) } }
    const made = new Request('http://a.test/x y', { method: 'post', headers: { A: '1' }, body: 'text', redirect: 'manual' })
    out.push(made.method, made.url, made.headers.get('content-type'), made.redirect, await made.text())
    fails(() => new Request('/relative')); fails(() => new Request('http://u:p@a.test/')); fails(() => new Request('http://a.test', { body: 'x' }))
    fails(() => new Request('http://a.test', { method: 'TRACE' })); fails(() => new Request('http://a.test', { method: 'a b' }))
    fails(() => new Request('http://a.test', { mode: 'navigate' })); fails(() => new Request('http://a.test', { signal: {} })); fails(() => Request('http://a.test'))
    const wire = web.requestFromWire(args[0], new Uint8Array([120]), undefined, undefined)
    const moved = new Request(wire, { headers: { b: '2' } })
    out.push(wire.bodyUsed, [...moved.headers], await moved.text(), moved.method)
    fails(() => new Request(wire))
    const other = new Request(new Request('http://a.test/', { method: 'PATCH', body: new URLSearchParams('a=b') }), { method: 'patch' })
    out.push(other.method, other.headers.get('content-type'), (await other.formData()).get('a'))
    const control = new AbortController()
    const followed = new Request(new Request('http://a.test', { signal: control.signal }))
    control.abort('why')
    out.push(followed.signal.aborted, followed.signal.reason)
    const streamed = new Request('http://a.test', { method: 'PUT', body: new Blob(['abc']).stream(), duplex: 'half' })
    out.push(await new Request(streamed).text(), streamed.bodyUsed)
    return out`,
    HEAD,
  )
  const refused = Array.from({ length: 8 }, () => 'TypeError')
  assert.deepEqual(seen, [
    ...['POST', 'http://a.test/x%20y', 'text/plain;charset=UTF-8', 'manual', 'text'],
    ...refused,
    ...[true, [['b', '2']], 'x', 'POST', 'TypeError'],
    ...['patch', 'application/x-www-form-urlencoded;charset=UTF-8', 'b', true, 'why', 'abc', true],
  ])
})

test('new Response() and its static makers follow the Fetch standard', async () => {
  const seen = await guest.run(`
    const out = []
    const fails = (make) => { try { make(); out.push('accepted') } catch (error) { out.push(error.name) } }
    const plain = new Response('é', { status: 201, statusText: 'Made', headers: { 'X-A': '1' } })
    out.push(plain.status, plain.ok, plain.statusText, plain.type, plain.headers.get('Content-Type'), (await plain.bytes()).length)
    for (const status of [99, 199, 600, 1e9, NaN, -1, '204x']) fails(() => new Response(null, { status }))
    fails(() => new Response('x', { status: 204 })); fails(() => new Response('x', { statusText: 'a\\nb' })); fails(() => Response.json(undefined))
    fails(() => Response.json(() => 1)); fails(() => Response.redirect('/x')); fails(() => Response.redirect('http://a.test', 200)); fails(() => Response.json(1n))
    const to = Response.redirect('http://a.test/é', 308)
    out.push(to.status, to.headers.get('location'))
    fails(() => to.headers.set('a', 'b'))
    const json = Response.json({ a: '\\ud800' }, { status: 418, headers: { 'content-type': 'text/x' } })
    const twin = json.clone()
    out.push(json.headers.get('content-type'), await json.text(), (await twin.json()).a.length, json.bodyUsed, new Response().body)
    const typed = new Response(new Blob(['x'], { type: 'Image/PNG' }))
    out.push(typed.headers.get('content-type'), (await typed.blob()).type, Response.error().type, Response.error().status)
    const shared = Response.json(1); shared.headers.set('x', 'y')
    out.push(Response.json(1).headers.has('x'))
    return out`)
  assert.deepEqual(seen, [
    ...[201, true, 'Made', 'default', 'text/plain;charset=UTF-8', 2],
    ...Array.from({ length: 7 }, () => 'RangeError'),
    ...['TypeError', 'TypeError', 'TypeError', 'TypeError', 'TypeError', 'RangeError', 'TypeError'],
    ...[308, 'http://a.test/%C3%A9', 'TypeError'],
    ...['text/x', '{"a":"\\ud800"}', 1, true, null],
    ...['image/png', 'image/png', 'error', 0, false],
  ])
})

test('responses cross the wall as head and body, strings as strings', async () => {
  const seen = (await guest.run(`
    const wire = (response) => { const { head, body, stream } = web.responseToWire(response); return [JSON.parse(head), typeof body === 'string' ? body : body && [...body], typeof stream] }
    const mixed = new Response(new Uint8Array([1, 2]), { status: 404, statusText: 'No "such"', headers: [['X', 'é"'], ['Set-Cookie', 'a'], ['set-cookie', 'b']] })
    mixed.headers.append('y', 'z')
    const passed = new Response(new Response('through').body, { headers: { a: 'b' } })
    const read = new Response(new ReadableStream({ start(c) { c.close() } }))
    const out = [wire(Response.json({ a: 1 })), wire(mixed), wire(new Response(null, { status: 204 })), wire(passed), wire(read), passed.bodyUsed, read.bodyUsed]
    const used = new Response('x'); await used.text()
    const locked = new Response(new ReadableStream()); locked.body.getReader()
    class Mine extends Response {}
    out.push(wire(new Mine('mine'))[1])
    for (const bad of [used, locked, Response.error(), {}, null, undefined, 'x', Object.create(Response.prototype), { status: 200, headers: [], body: 'x' }, new Proxy(new Response(), {})]) {
      try { web.responseToWire(bad); out.push('sent') } catch (error) { out.push(error instanceof TypeError) }
    }
    return out`)) as unknown[]
  assert.deepEqual(seen.slice(0, 8), [
    [{ status: 200, statusText: '', headers: ['content-type', 'application/json'] }, '{"a":1}', 'undefined'],
    [
      {
        status: 404,
        statusText: 'No "such"',
        headers: ['x', 'é"', 'set-cookie', 'a', 'set-cookie', 'b', 'y', 'z'],
      },
      [1, 2],
      'undefined',
    ],
    [{ status: 204, statusText: '', headers: [] }, undefined, 'undefined'],
    [{ status: 200, statusText: '', headers: ['a', 'b'] }, 'through', 'undefined'],
    [{ status: 200, statusText: '', headers: [] }, undefined, 'object'],
    true,
    true,
    'mine',
  ])
  assert.deepEqual(
    seen.slice(8),
    Array.from({ length: 10 }, () => true),
  )
})

test('bodies are read as forms, blobs and bytes', async () => {
  const seen = await guest.run(`
    const form = new FormData()
    form.append('a "1"\\n', 'line\\nnext'); form.append('f', new File([new Uint8Array([0, 13, 10, 45, 45, 255])], 'n"ä.bin', { type: 'x/y' })); form.append('a', 'é')
    const sent = new Response(form)
    const type = sent.headers.get('content-type')
    const back = await new Response(await sent.arrayBuffer(), { headers: { 'content-type': type } }).formData()
    const file = back.get('f')
    const out = [[...back.keys()], back.get('a "1"\\r\\n'), back.get('a'), file.name, file.type, [...await file.bytes()], file instanceof File]
    const by = async (body, type) => { try { return [...await new Response(body, { headers: { 'content-type': type } }).formData()] } catch (error) { return error.name } }
    out.push(await by('a=1&b=%20+', 'application/x-www-form-urlencoded;charset=utf-8'))
    out.push(await by('--x\\r\\ncontent-disposition: form-data; name=a\\r\\n\\r\\n1\\r\\n--x--', 'multipart/form-data; boundary="x"'))
    out.push(await by('--x--\\r\\n', 'multipart/form-data; boundary=x'))
    out.push(await by('--x\\r\\nContent-Disposition: form-data; name="a; filename=b; name=c\\\\"\\r\\n\\r\\n1\\r\\n--x--', 'multipart/form-data; boundary=x'))
    for (const bad of ['', '--x', '--x\\r\\n', '--x\\r\\n\\r\\n1\\r\\n--x--', '--x\\r\\nContent-Disposition: form-data; name="a"\\r\\n\\r\\n1']) out.push(await by(bad, 'multipart/form-data; boundary=x'))
    out.push(await by('a=1', 'text/plain'))
    return out`)
  assert.deepEqual(seen, [
    ['a "1"\r\n', 'f', 'a'],
    'line\r\nnext',
    'é',
    'n"ä.bin',
    'x/y',
    [0, 13, 10, 45, 45, 255],
    true,
    [
      ['a', '1'],
      ['b', '  '],
    ],
    [['a', '1']],
    [],
    [['a; filename=b; name=c\\', '1']],
    ...Array.from({ length: 6 }, () => 'TypeError'),
  ])
})

test('bytes that were given or read stay apart from the body', async () => {
  const seen = await guest.run(`
    const bytes = new Uint8Array([1, 2, 3])
    const response = new Response(bytes); bytes[0] = 9
    const twin = response.clone()
    const read = await response.bytes(); read[1] = 9
    const blob = new Blob([bytes]); bytes[0] = 7
    const inner = new Uint8Array(await blob.arrayBuffer()); inner[0] = 5
    const part = await blob.slice(-2, 2, 'T/X').bytes()
    return [[...await twin.bytes()], [...await blob.bytes()], [...part], read.buffer.byteLength]`)
  assert.deepEqual(seen, [[1, 2, 3], [9, 2, 3], [2], 3])
})

test('fetch() says how to get network access', async () => {
  const message = await guest.run(
    `try { await fetch('http://a.test') } catch (error) { return error instanceof TypeError && error.message }`,
  )
  assert.match(String(message), /network access.*"permissions\.network"/)
})
