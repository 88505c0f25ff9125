// console in an isolate: what a plugin logs, as text for people, whatever the plugin logs.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { buildWeb, createGuest } from './harness.ts'

const guest = createGuest(await buildWeb(), 256)
after(() => guest[Symbol.dispose]())

async function logged(code: string): Promise<string[]> {
  const before = guest.logs.length
  await guest.run(code)
  return guest.logs.slice(before).map(({ level, text }) => `${level}: ${text}`)
}

test('values look as they do in Node', async () => {
  const lines = await logged(`
    console.log('plain', 1, -0, 2n, true, null, undefined, Symbol('s'))
    console.log({ a: 'x', 'b-c': [1, , 'two'], nested: { deep: { deeper: { deepest: 1 } } } })
    console.log([new Map([['k', { v: 1 }]]), new Set([1]), new Uint8Array(3), /x/g, new Date(0)])
    console.log(class A {}, class B extends Array {}, function f() {}, () => 1, new (class C { x = 1 })(), Object.create(null))
    console.log(new URL('http://a.test/b'), new Headers({ a: 'b' }), new Blob(['x']), { get g() { return 1 }, set s(v) {} })
    console.log("it's", ["it's", 'a\\nb'])`)
  assert.deepEqual(lines, [
    'info: plain 1 -0 2n true null undefined Symbol(s)',
    "info: {\n  a: 'x',\n  'b-c': [ 1, <empty>, 'two' ],\n  nested: { deep: { deeper: [Object] } }\n}",
    "info: [\n  Map(1) { 'k' => { v: 1 } },\n  Set(1) { 1 },\n  Uint8Array(3) [ 0, 0, 0 ],\n  /x/g,\n  1970-01-01T00:00:00.000Z\n]",
    'info: [class A] [class B] [Function: f] [Function (anonymous)] C { x: 1 } [Object: null prototype] {}',
    "info: URL { http://a.test/b } Headers { 'a': 'b' } Blob { size: 1, type: '' } { g: [Getter], s: [Setter] }",
    "info: it's [ \"it's\", 'a\\nb' ]",
  ])
})

test('the other methods of console work as in Node', async () => {
  const lines = await logged(`
    console.debug('%s is %d years and %i, %f, %j, 100%%, %o', 'Bob', '42', 42.9, '1.5', { a: 1 }, [1], 'extra')
    console.log('%s %s', 'one'); console.log('%d', {}, '%s'); console.log('%c styled', 'color: red')
    console.assert(true, 'no'); console.assert(false); console.assert(0, 'a %s', 'b')
    console.count(); console.count(); console.count('x'); console.countReset(); console.count(); console.countReset('none')
    console.group('G'); console.info('in\\nside'); console.groupEnd(); console.warn('out'); console.error(new Error('E').message)
    console.timeEnd('none'); console.dir({ a: 1 }); console.log(); const { log } = console; log('unbound')`)
  assert.deepEqual(lines, [
    'debug: Bob is 42 years and 42, 1.5, {"a":1}, 100%, [ 1 ] extra',
    ...[
      'info: one %s',
      'info: NaN %s',
      'info:  styled',
      'error: Assertion failed',
      'error: Assertion failed: a b',
    ],
    ...['info: default: 1', 'info: default: 2', 'info: x: 1', 'info: default: 1'],
    "warn: Count for 'none' does not exist",
    ...[
      'info: G',
      'info:   in\n  side',
      'warn: out',
      'error: E',
      "warn: No such label 'none' for console.timeEnd()",
    ],
    ...['info: { a: 1 }', 'info: ', 'info: unbound'],
  ])
})

test('one line per call, at most 8,192 characters, whatever is logged', async () => {
  const lines = await logged(`
    const cyclic = { a: [] }; cyclic.a.push(cyclic, cyclic.a); console.log(cyclic)
    console.log(Array(1e6).fill('item')); console.log(new Set(Array(1e6).keys())); console.log('x'.repeat(1e7)); console.log(...Array(1e5).fill({ a: 1 }))
    console.log(new Proxy({}, { ownKeys() { throw new Error('trap') } }), new Proxy([], { get() { throw 1 } }), new Proxy({}, { getPrototypeOf() { throw 1 } }))
    const revoked = Proxy.revocable({}, {}); revoked.revoke(); console.log(revoked.proxy, [revoked.proxy])
    console.log({ get loop() { for (;;); } }); console.log(Object.fromEntries(Array(1e5).entries()))
    let deep = {}; for (let i = 0; i < 1e5; i++) deep = { deep }; console.dir(deep); console.log('%o', deep)
    const error = new Error('outer', { cause: new TypeError('inner') }); error.code = 7; error.stack = 5; console.log(error)
    console.log(new Proxy(new Error('x'), {}), { constructor: { name: 'Fake' } }, { [Symbol.toStringTag]: 'T' })
    console.log(Object.defineProperty(new Error('y'), 'stack', { get() { throw 1 } })); console.log({ toString() { throw 1 } }, 2n ** 100000n)`)
  assert.equal(lines.length, 15)
  for (const line of lines) assert.ok(line.length <= 8192 + 'error: '.length, line.slice(0, 100))
  assert.equal(lines[0], 'info: { a: [ [Circular], [Circular] ] }')
  assert.match(lines[1] ?? '', /'item',\n {2}\.\.\. 999900 more items\n\]$/)
  assert.match(lines[11] ?? '', /code: 7,\n {2}\[cause\]: TypeError: inner/)
})
