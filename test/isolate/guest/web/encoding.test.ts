// Text encodings, base64, MIME types and structured clones in an isolate.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { buildWeb, createGuest } from './harness.ts'

const DATA = new URL('../../../../../shared/wpt-data/', import.meta.url)
const missing =
  !existsSync(DATA) && process.env.CI !== 'true' ? 'the web-platform-tests data is not here' : false
const guest = createGuest(await buildWeb())
after(() => guest[Symbol.dispose]())

function load<T>(name: string): T[] {
  return (JSON.parse(readFileSync(new URL(name, DATA), 'utf8')) as T[]).filter(
    (row) => typeof row !== 'string',
  )
}

test('UTF-8 is encoded and decoded as Node does, short and long, whole and in chunks', async () => {
  const texts = [
    '',
    'plain',
    'é\u20ac\u{1f600}',
    '\ud800',
    'a\udc00b',
    '\ufeffmark',
    '\u{10ffff}\0',
    '\ud83d\ude00\ud83d',
  ]
  const samples = texts.flatMap((text) => [text, text.repeat(400)])
  const encoded = (await guest.run(
    'return args[0].map((text) => new TextEncoder().encode(text))',
    samples,
  )) as Uint8Array[]
  for (const [i, text] of samples.entries())
    assert.deepEqual(Buffer.from(encoded[i] ?? []), Buffer.from(text), text)

  let seed = 3
  const random = Array.from({ length: 400 }, (_, n) =>
    Uint8Array.from({ length: n % 40 }, () => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff
      const byte = (seed >> 8) & 0xff
      return byte < 0x60 ? byte | 0x80 : byte
    }),
  )
  const long = random.map((bytes) => Buffer.concat(Array.from({ length: 40 }, () => bytes)))
  const code = `return args[0].map((bytes) => {
    const whole = new TextDecoder().decode(bytes)
    const decoder = new TextDecoder()
    let parts = ''
    for (let i = 0; i < bytes.length; i += 3) parts += decoder.decode(bytes.subarray(i, i + 3), { stream: true })
    parts += decoder.decode()
    let fatal
    try { fatal = new TextDecoder('utf-8', { fatal: true }).decode(bytes) } catch (error) { fatal = error.name }
    return [whole, parts === whole, fatal]
  })`
  const all = [...random, ...long.map((bytes) => new Uint8Array(bytes))]
  const expected = (new Function('args', code) as (args: unknown[]) => unknown)([all])
  assert.deepEqual(await guest.run(code, all), expected)
})

test('every label of the Encoding standard that Node knows decodes the same in chunks', async () => {
  const labels =
    'utf-16 utf-16be latin1 koi8-r windows-1251 gbk gb18030 big5 euc-jp shift_jis euc-kr iso-2022-jp'.split(
      ' ',
    )
  const bytes = Uint8Array.from([
    ...Buffer.from('a\x1b$B$"\x1b(B'),
    0x82,
    0xa0,
    0x81,
    0x30,
    0x81,
    0x30,
    0xd8,
    0x3d,
    0xde,
    0,
    0x41,
    0xc4,
    0xe3,
    0x42,
  ])
  const code = `return args[0].map((label) => {
    const decoder = new TextDecoder(label)
    let parts = ''
    for (const byte of args[1]) parts += decoder.decode(Uint8Array.of(byte), { stream: true })
    return [decoder.encoding, new TextDecoder(label).decode(args[1]), parts + decoder.decode()]
  })`
  const expected = labels.map((label) => {
    const whole = new TextDecoder(label).decode(bytes)
    return [new TextDecoder(label).encoding, whole, whole]
  })
  assert.deepEqual(await guest.run(code, labels, bytes), expected)
  const refused = await guest.run(
    `return ['nope', 'utf-7', 'x'.repeat(1e6)].map((label) => { try { new TextDecoder(label) } catch (error) { return error.name } })`,
  )
  assert.deepEqual(refused, ['RangeError', 'RangeError', 'RangeError'])
})

test('encodeInto() writes whole characters only, and byte order marks go once', async () => {
  const seen = await guest.run(`
    const out = new Uint8Array(6)
    const decoder = new TextDecoder()
    const marked = [[0xef, 0xbb], [0xbf, 65], [0xef, 0xbb, 0xbf]].map((part) => decoder.decode(new Uint8Array(part), { stream: true }))
    return [new TextEncoder().encodeInto('aé€\\u{1f600}', out), [...out], marked, new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf])).length]`)
  assert.deepEqual(seen, [{ read: 3, written: 6 }, [97, 195, 169, 226, 130, 172], ['', 'A', '\ufeff'], 1])
})

test('atob() and btoa() follow the forgiving-base64 rules', { skip: missing }, async () => {
  const rows = load<[string, number[] | null]>('fetch/data-urls/resources/base64.json')
  assert.ok(rows.length > 50)
  const seen = await guest.run(
    `return args[0].map(([text]) => { try { return [...atob(text)].map((char) => char.charCodeAt(0)) } catch (error) { return error instanceof DOMException && error.code === 5 ? null : String(error) } })`,
    rows,
  )
  assert.deepEqual(
    seen,
    rows.map(([, bytes]) => bytes),
  )
  const round = await guest.run(`
    const text = String.fromCharCode(...Array(256).keys())
    let refused; try { btoa('\\u0100') } catch (error) { refused = error.name }
    return [atob(btoa(text)) === text, btoa(null), refused]`)
  assert.deepEqual(round, [true, 'bnVsbA==', 'InvalidCharacterError'])
})

test('the type of a body is parsed as the MIME Sniffing standard says', { skip: missing }, async () => {
  interface Row {
    readonly input: string
    readonly output: string | null
  }
  const isByteString = ({ input }: Row) => /^[\t\x20-\xff]*$/.test(input)
  const rows = [
    ...load<Row>('mimesniff/mime-types/resources/mime-types.json'),
    ...load<Row>('mimesniff/mime-types/resources/generated-mime-types.json'),
  ].filter(isByteString)
  assert.ok(rows.length > 100)
  const seen = await guest.run(
    `return Promise.all(args[0].map(async ({ input }) => (await new Response('', { headers: { 'content-type': input } }).blob()).type))`,
    rows,
  )
  assert.deepEqual(
    seen,
    rows.map(({ output }) => output ?? ''),
  )
})

test('structuredClone() copies what the language knows and refuses the rest', async () => {
  const seen = (await guest.run(`
    const shared = { n: 1 }
    const source = { shared, again: shared, list: [1, , 3], date: new Date(5), re: /x/gi, map: new Map([[shared, new Set([1n])]]), bytes: new Uint16Array([1, 2, 3]).subarray(1), big: Object(1n), error: new RangeError('r', { cause: shared }), undef: undefined }
    source.self = source
    source.list.extra = 'x'
    const copy = structuredClone(source)
    const out = [copy !== source, copy.self === copy, copy.shared === copy.again, copy.shared !== shared, 1 in copy.list, copy.list.extra, copy.list.length,
      copy.date.getTime(), copy.re.flags, copy.map.get(copy.shared).has(1n), [...copy.bytes], copy.bytes.buffer.byteLength, typeof copy.big, copy.error.cause === copy.shared, copy.error instanceof RangeError, 'undef' in copy]
    const file = structuredClone(new File(['abc'], 'n.txt', { type: 'a/b' }))
    out.push(file.name, file.type, await file.text(), structuredClone(new DOMException('m', 'AbortError')).code)
    class Point { x = 1; get y() { return 2 } }
    out.push(Object.getPrototypeOf(structuredClone(new Point())) === Object.prototype, Object.keys(structuredClone(new Point())))
    const buffer = new ArrayBuffer(8)
    const moved = structuredClone({ view: new Uint8Array(buffer) }, { transfer: [buffer] })
    out.push(moved.view.length, buffer.detached, JSON.stringify(structuredClone(JSON.parse('{"__proto__":{"isAdmin":true}}'))), ({}).isAdmin)
    const names = [() => 1, Symbol('s'), new WeakMap(), Promise.resolve(), new Headers(), new URL('http://a.test'), { deep: [() => 1] }, buffer, { get x() { throw new DOMException('', 'DataCloneError') } }].map((value) => {
      try { structuredClone(value); return 'cloned' } catch (error) { return error.name } })
    out.push(new Set(names).size, names[0])
    return out`)) as unknown[]
  assert.deepEqual(seen, [
    ...[true, true, true, true, false, 'x', 3, 5, 'gi', true, [2, 3], 6, 'object', true, true, true],
    ...['n.txt', 'a/b', 'abc', 20, true, ['x'], 8, true, '{"__proto__":{"isAdmin":true}}', undefined],
    ...[1, 'DataCloneError'],
  ])
})
