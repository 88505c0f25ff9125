// URL and URLSearchParams in an isolate against the web-platform-tests' data, with Node's own URL as the measure.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { buildWeb, createGuest } from './harness.ts'

const DATA = new URL('../../../../../shared/wpt-data/url/resources/', import.meta.url)
const missing =
  !existsSync(DATA) && process.env.CI !== 'true' ? 'the web-platform-tests data is not here' : false

const guest = createGuest(await buildWeb(), 256)
after(() => guest[Symbol.dispose]())

const PARTS = 'href origin protocol username password host hostname port pathname search hash'.split(' ')

interface ParseCase {
  readonly input: string
  readonly base: string | null
  readonly failure?: true
  readonly [part: string]: unknown
}

function load<T>(name: string): T[] {
  const rows = JSON.parse(readFileSync(new URL(name, DATA), 'utf8')) as unknown[]
  return rows.filter((row) => typeof row === 'object') as T[]
}

/** Runs `code` in the isolate and in Node; what Node passes, the guest must pass. */
const PARSE = `
  const failed = []
  for (const [i, row] of args[0].entries()) {
    let url
    try { url = row.base === null ? new URL(row.input) : new URL(row.input, row.base) } catch (error) {
      if (!row.failure || !(error instanceof TypeError)) failed.push(i)
      continue
    }
    const wrong = args[1].some((part) => row[part] !== undefined && url[part] !== row[part])
    if (row.failure || wrong || url.searchParams.toString() !== new URLSearchParams(url.search).toString()) failed.push(i)
    if (!URL.canParse(url.href) || new URL(url.href).href !== url.href) failed.push(i)
  }
  return failed`

async function compare(code: string, rows: readonly unknown[], label: string): Promise<void> {
  const inGuest = (await guest.run(code, rows, PARTS)) as number[]
  const inNode = (new Function('args', code) as (args: unknown[]) => number[])([rows, PARTS])
  const nodeFails = new Set(inNode)
  const worse = inGuest.filter((i) => !nodeFails.has(i)).map((i) => rows[i])
  process.stdout.write(
    `# ${label}: guest ${rows.length - new Set(inGuest).size} of ${rows.length}, Node ${rows.length - nodeFails.size}\n`,
  )
  assert.deepEqual(worse, [])
}

test('URL parses as the URL standard says', { skip: missing }, async () => {
  const rows = load<ParseCase>('urltestdata.json')
  assert.ok(rows.length > 800)
  await compare(PARSE, rows, 'urltestdata')
  await compare(PARSE, load<ParseCase>('urltestdata-javascript-only.json'), 'urltestdata-javascript-only')
})

test('hosts are mapped to ASCII as the URL standard says', { skip: missing }, async () => {
  const toCase = ({ input, output }: { input: string; output: string | null }) =>
    output === null || output === ''
      ? { input: `https://${input}/x`, base: null, failure: true }
      : { input: `https://${input}/x`, base: null, host: output, pathname: '/x' }
  const hosts = load<{ input: string; output: string | null }>('toascii.json')
  await compare(PARSE, hosts.map(toCase), 'toascii')
  const idna = load<{ input: string; output: string | null }>('IdnaTestV2.json').filter(
    ({ input }) => input !== '',
  )
  await compare(PARSE, idna.map(toCase), 'IdnaTestV2')
})

test('the setters of URL do as the URL standard says', { skip: missing }, async () => {
  const file = JSON.parse(readFileSync(new URL('setters_tests.json', DATA), 'utf8')) as Record<
    string,
    object[]
  >
  const rows = Object.entries(file)
    .filter(([part]) => part !== 'comment')
    .flatMap(([part, cases]) => cases.map((one) => ({ part, ...one })))
  assert.ok(rows.length > 200)
  await compare(
    `const failed = []
    for (const [i, { part, href, new_value, expected }] of args[0].entries()) {
      const url = new URL(href)
      const params = url.searchParams
      url[part] = new_value
      const wrong = Object.keys(expected).some((key) => url[key] !== expected[key])
      if (wrong || params.toString() !== new URLSearchParams(url.search).toString()) failed.push(i)
    }
    return failed`,
    rows,
    'setters_tests',
  )
})

test('queries are percent-encoded as the URL standard says', { skip: missing }, async () => {
  const rows = load<{ input: string; output: { 'utf-8': string } }>('percent-encoding.json')
  await compare(
    `const failed = []
    for (const [i, { input, output }] of args[0].entries()) {
      const url = new URL('https://example.com/?' + input + '#' + input)
      if (url.search !== '?' + output['utf-8']) failed.push(i)
    }
    return failed`,
    rows,
    'percent-encoding',
  )
})

test('a URL that is its own serialisation is read without asking the host', async () => {
  const before = guest.calls.get('parseUrl') ?? 0
  const hrefs = await guest.run(`
    const first = new URL('http://plugin.test:3000/')
    const list = []
    for (let i = 0; i < 50; i++) list.push(new URL('http://plugin.test:3000/a/' + i + '?q=' + i + '#f').href)
    list.push(new URL('http://plugin.test:3000/a/../b').href, new URL('http://plugin.test:3000/a/%2E%2e/b').href)
    list.push(new URL('http://plugin.test:3000/a b').href, new URL('http://PLUGIN.test:3000/').href)
    return list`)
  assert.deepEqual((hrefs as string[]).slice(49), [
    'http://plugin.test:3000/a/49?q=49#f',
    'http://plugin.test:3000/b',
    'http://plugin.test:3000/b',
    'http://plugin.test:3000/a%20b',
    'http://plugin.test:3000/',
  ])
  assert.equal((guest.calls.get('parseUrl') ?? 0) - before, 5)
})

test('the fast way gives what the host gives for every printable character', async () => {
  const differ = await guest.run(`
    const wrong = []
    new URL('http://fast.test/')
    for (let code = 0; code < 256; code++) for (const shape of ['/a%/b', '/%', '/?%x', '/#%x', '/a/%./b', '/a/.%', '%']) {
      const input = 'http://fast.test' + shape.replace('%', String.fromCharCode(code))
      const slow = URL.parse(input, 'http://other.test/')
      const fast = URL.parse(input)
      if (slow?.href !== fast?.href) wrong.push(input)
    }
    return wrong`)
  assert.deepEqual(differ, [])
})

test('URLSearchParams and its URL follow each other', async () => {
  const seen = await guest.run(`
    const url = new URL('https://a.test/p?x=1&y=%C3%A9&x=%zz+b#f')
    const params = url.searchParams
    const out = [params.getAll('x'), params.get('y'), params.size, params === url.searchParams]
    params.append('z', 'a&b=c d~!')
    out.push(url.href)
    params.delete('x'); params.sort()
    out.push(url.search)
    url.search = '?n=1'
    out.push([...params])
    params.delete('n')
    out.push(url.href)
    const live = []
    const list = new URLSearchParams('a=1&b=2&c=3')
    for (const [name] of list) { live.push(name); if (name === 'a') list.delete('b') }
    out.push(live)
    out.push(new URLSearchParams({ 'a\\ud800': '\\udc00', b: 2 }).toString(), new URLSearchParams([['q', '1'], ['q', '2']]).toString())
    out.push(new URLSearchParams('?%F0%9F%98%80=%FF&&=x&=').toString(), String(new URLSearchParams('a=b').has('a', 'c')))
    out.push(new URLSearchParams('%41é=\u{1f600}+').get('Aé'))
    return out`)
  assert.deepEqual(seen, [
    ['1', '%zz b'],
    'é',
    3,
    true,
    'https://a.test/p?x=1&y=%C3%A9&x=%25zz+b&z=a%26b%3Dc+d%7E%21#f',
    '?y=%C3%A9&z=a%26b%3Dc+d%7E%21',
    [['n', '1']],
    'https://a.test/p#f',
    ['a', 'c'],
    'a%EF%BF%BD=%EF%BF%BD&b=2',
    'q=1&q=2',
    '%F0%9F%98%80=%EF%BF%BD&=x&=',
    'false',
    '\u{1f600} ',
  ])
})

test('URLSearchParams agrees with Node on random queries', async () => {
  // ASCII only: Node mangles raw non-ASCII characters beside escapes ("%41é")
  const pieces = [
    'a',
    '=',
    '&',
    '%',
    '%4',
    '%41',
    '%c3',
    '%a9',
    '+',
    ' ',
    '%F0%9F%98%80',
    '%ed%a0',
    '?',
    '#',
    '~',
    '*',
  ]
  let seed = 7
  const next = () => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    return seed
  }
  const queries = Array.from({ length: 500 }, () =>
    Array.from({ length: next() % 12 }, () => pieces[(next() >> 8) % pieces.length]).join(''),
  )
  const code =
    'return args[0].map((query) => [[...new URLSearchParams(query)], String(new URLSearchParams(query))])'
  const expected = (new Function('args', code) as (args: unknown[]) => unknown)([queries])
  assert.deepEqual(await guest.run(code, queries), expected)
})
