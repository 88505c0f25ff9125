// npm run bench: compares in one run, interleaved, on one load generator; prints a table and writes bench-results.json.
// Options: --rounds N (5), --seconds N (4) for the throughput part; --only throughput|moments|recovery|dev|fairness.

import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { measureDev } from './dev.ts'
import { measureFairness } from './fairness.ts'
import { measureMoments } from './moments.ts'
import { measureRecovery } from './recovery.ts'
import { measureThroughput } from './throughput.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    only: { type: 'string' },
  },
})
const wanted = (part: string) => values.only === undefined || values.only === part
const results: Record<string, unknown> = {
  date: new Date().toISOString(),
  node: process.version,
  cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
}

if (wanted('throughput')) {
  const { generator, at32, at1, asset, ratios } = await measureThroughput({
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
  })
  console.log(`\nPlugin route, 32 connections (${generator})`)
  console.table(at32)
  console.log('Plugin route, 1 connection')
  console.table(at1)
  console.log('Asset of 20 kB, 32 connections')
  console.table(asset)
  console.table(ratios)
  Object.assign(results, { generator, at32, at1, asset, ratios })
}
if (wanted('moments')) {
  const moments = await measureMoments()
  console.table(moments)
  Object.assign(results, moments)
}
if (wanted('recovery')) {
  const recovery = await measureRecovery()
  console.table(recovery)
  Object.assign(results, recovery)
}
if (wanted('dev')) {
  const dev = await measureDev()
  console.table(dev)
  Object.assign(results, dev)
}
if (wanted('fairness')) {
  const fairness = await measureFairness({ rounds: Number(values.rounds), seconds: Number(values.seconds) })
  console.table(fairness)
  Object.assign(results, { fairness })
}
await writeFile('bench-results.json', `${JSON.stringify(results, null, 2)}\n`)
console.log('Written to bench-results.json')
