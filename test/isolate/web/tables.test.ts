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
