// Tables of web-platform-tests that need no harness: MIME types as bodies read them, and forgiving base64.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { buildWeb, createGuest } from './harness.ts'

const code = await buildWeb()
const FOLDER = '../shared/wpt-data'
const skip = existsSync(FOLDER) || process.env.CI === 'true' ? false : `no ${FOLDER}`

function table(path: string): unknown[] {
  return (JSON.parse(readFileSync(`${FOLDER}/${path}`, 'utf8')) as unknown[]).filter(
    (row) => typeof row !== 'string',
  )
}

for (const name of ['mime-types', 'generated-mime-types']) {
  test(`the type of a body is parsed and serialised as in the table "${name}"`, { skip }, async () => {
    using guest = createGuest(code)
    const rows = table(`mimesniff/mime-types/resources/${name}.json`)
    const wrong = (await guest.run(
      `const wrong = []
      for (const { input, output } of args[0]) {
        if (/[^\\t\\x20-\\xff]|\\x7f/.test(input)) continue // No header value
        const { type } = await new Response('', { headers: [['content-type', input]] }).blob()
        if (type !== (output ?? '')) wrong.push([input, type, output])
      }
      return wrong`,
      rows,
    )) as unknown[]
    assert.ok(rows.length > 20)
    assert.deepEqual(wrong, [])
  })
}

test('atob() decodes as in the table "base64"', { skip }, async () => {
  using guest = createGuest(code)
  const rows = table('fetch/data-urls/resources/base64.json')
  const wrong = await guest.run(
    `const decode = (text) => { try { return [...atob(text)].map((char) => char.charCodeAt(0)) } catch { return null } }
    return args[0].filter(([input, output]) => JSON.stringify(decode(input)) !== JSON.stringify(output))`,
    rows,
  )
  assert.ok(rows.length > 50)
  assert.deepEqual(wrong, [])
})

test('fetch() answers data: addresses as in the table "data-urls"', { skip }, async () => {
  using guest = createGuest(code)
  const rows = table('fetch/data-urls/resources/data-urls.json')
  const wrong = await guest.run(
    `const wrong = []
    for (const [input, type, bytes] of args[0]) {
      const found = await fetch(input).then(
        async (response) => [response.headers.get('content-type'), [...(await response.bytes())]],
        (error) => [error instanceof TypeError ? null : error],
      )
      if (JSON.stringify(found) !== JSON.stringify(type === null ? [null] : [type, bytes])) wrong.push([input, found, type, bytes])
    }
    return wrong`,
    rows,
  )
  assert.ok(rows.length > 50)
  assert.deepEqual(wrong, [])
})

test('an answer of a data: address looks like one, and needs no network', async () => {
  using guest = createGuest(code)
  const seen = await guest.run(
    `const response = await fetch('data:text/html;charset=utf-8,<b>%C3%BC</b>#part')
    const { status, ok, statusText, type, url, redirected } = response
    const head = await fetch('data:,x', { method: 'HEAD' })
    const form = await (await fetch('data:application/x-www-form-urlencoded,a=1')).formData()
    const aborted = await fetch('data:,x', { signal: AbortSignal.abort() }).catch((error) => error.name)
    const immutable = (() => { try { response.headers.set('a', 'b') } catch (error) { return error.name } })()
    return [status, ok, statusText, type, url, redirected, await response.text(), await head.text(), head.body, form.get('a'), aborted, immutable]`,
  )
  assert.deepEqual(seen, [
    ...[200, true, 'OK', 'basic', 'data:text/html;charset=utf-8,<b>%C3%BC</b>', false, '<b>ü</b>'],
    ...['', null, '1', 'AbortError', 'TypeError'],
  ])
})
