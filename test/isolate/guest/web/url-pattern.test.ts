// URLPattern in the guest against the table of web-platform-tests, with Node's own result on the same table beside it.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { buildWeb, createGuest } from './harness.ts'

const code = await buildWeb()
const TABLE = '../shared/wpt-data/urlpattern/resources/urlpatterntestdata.json'
const skip = existsSync(TABLE) || process.env.CI === 'true' ? false : `no ${TABLE}`

/** Names of the entries that do not hold; the same text runs in the guest and in Node. */
const CHECK = `
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b)
  const failed = []
  for (const [index, entry] of table.entries()) {
    if (typeof entry === 'string') continue
    const name = index + ' ' + JSON.stringify(entry.pattern) + ' ' + JSON.stringify(entry.inputs)
    let pattern
    try { pattern = new URLPattern(...entry.pattern) } catch (error) {
      if (entry.expected_obj !== 'error' || !(error instanceof TypeError)) failed.push(name)
      continue
    }
    if (entry.expected_obj === 'error') { failed.push(name); continue }
    const bad = Object.entries(entry.expected_obj ?? {}).some(([key, value]) => pattern[key] !== value)
    if (bad) { failed.push(name); continue }
    if (entry.inputs === undefined) continue
    try {
      const tested = pattern.test(...entry.inputs)
      const result = pattern.exec(...entry.inputs)
      if (entry.expected_match === 'error') { failed.push(name); continue }
      const expected = entry.expected_match ?? null
      if (tested !== (expected !== null) || (result === null) !== (expected === null)) { failed.push(name); continue }
      for (const [key, value] of Object.entries(expected ?? {})) {
        if (key === 'inputs') continue
        const groups = Object.entries(value.groups ?? {})
        if (result[key].input !== value.input || !groups.every(([group, text]) => (result[key].groups[group] ?? null) === text)) { failed.push(name); break }
      }
    } catch (error) {
      if (entry.expected_match !== 'error') failed.push(name + ' ' + error)
    }
  }
  return failed`

test('URLPattern passes what Node passes of the table', { skip }, async (context) => {
  using guest = createGuest(code)
  const table = JSON.parse(readFileSync(TABLE, 'utf8')) as unknown[]
  const inGuest = (await guest.run(`const table = args[0]; ${CHECK}`, table)) as string[]
  const inNode = new Function('table', CHECK)(table) as string[]
  context.diagnostic(
    `urlpatterntestdata: guest fails ${inGuest.length} of ${table.length}, Node ${inNode.length}`,
  )
  assert.deepEqual(
    inGuest.filter((name) => !inNode.includes(name)),
    [],
  )
  assert.ok(inNode.length < table.length / 10)
})

test('matching runs in the isolate: its time limit ends a pattern that never finishes', async () => {
  using guest = createGuest(code)
  const slow = `const slow = new URLPattern({ pathname: '/((?:a+)+)b' }); slow.test({ pathname: '/' + 'a'.repeat(60) })`
  assert.throws(() => guest.context.evalSync(slow, { timeout: 200 }), /timed out/)
  const result = await guest.run(
    `const p = new URLPattern('/a/:id(\\\\d+)?', 'http://x.test'); return [p.test('http://x.test/a/1'), p.test('http://x.test/a/x'), p.exec('http://x.test/a/7').pathname.groups.id, p.hasRegExpGroups, p.pathname]`,
  )
  assert.deepEqual(result, [true, false, '7', true, '/a/:id(\\d+)?'])
})
