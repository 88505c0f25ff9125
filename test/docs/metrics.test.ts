// docs/metrics.md lists every series of /metrics, with the words that the answer has.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { HttpMeter } from '../../runtime/http/metrics/http-meter.ts'
import { createMetrics } from '../../runtime/http/metrics/metrics.ts'
import { SERIES } from '../../runtime/http/metrics/metrics-series.ts'

const NOTHING = {
  version: '0.0.0',
  children: {},
  kills: { memory: 0, cpu: 0, catastrophe: 0, protocol: 0, boot: 0, crash: 0 },
  uploads: {},
  waitingBytes: 0,
  plugins: [],
}

async function rows(): Promise<readonly string[]> {
  const text = await readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8')
  return text.split('\n').filter((line) => line.startsWith('| `'))
}

test('docs/metrics.md has exactly the rows of the table of series', async () => {
  const expected = SERIES.map(({ name, type, labels, help }) => {
    const names = labels.map((label) => `\`${label}\``).join(', ')
    return `| \`${name}\` | ${type} | ${names === '' ? '–' : names} | ${help} |`
  })
  assert.deepEqual(
    (await rows()).filter((row) => row.startsWith('| `plugbay_')),
    expected,
  )
})

test('docs/metrics.md has every other series of the answer', async () => {
  const metrics = createMetrics(new HttpMeter(), async () => NOTHING, AbortSignal.abort())
  const text = await metrics.text()
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]))
  const found = [...text.matchAll(/^# HELP (\S+) (.*)$/gm)].flatMap(([, name = '', help = '']) =>
    name.startsWith('plugbay_') ? [] : [`| \`${name}\` | ${types.get(name)} | ${help.replace(/\.$/, '')} |`],
  )
  const listed = (await rows()).filter((row) => !row.startsWith('| `plugbay_'))
  assert.ok(found.length > 10)
  // Other systems than Linux tell less of a process.
  if (process.platform === 'linux') assert.deepEqual(listed, found)
  else
    assert.deepEqual(
      found.filter((row) => !listed.includes(row)),
      [],
    )
})

test('names follow the conventions of Prometheus', () => {
  for (const { name, type, help } of SERIES) {
    assert.match(name, /^plugbay_[a-z_]+$/)
    assert.equal(name.endsWith('_total'), type === 'counter', name)
    assert.doesNotMatch(name, /_(?:ms|mb|milliseconds|kilobytes|percent)(?:_|$)/)
    assert.doesNotMatch(help, /\.$|\|/)
  }
})
