// npm run soak: a server under everything at once, and whether it grows. Prints a line for every sample, then slopes and bounds.
// node test/soak/main.ts --minutes 30. Exit 1 when something is over its bound, or when the plugin that works has failed.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startKillable } from '../helpers/killable.ts'
import { judge, type Sample, sampleOf, slope } from './figures.ts'
import { startLoad } from './load.ts'

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } })
const minutes = Number(values.minutes)
/** Enough for a slope, however short the run. */
const SAMPLES = 36

const closers: (() => Promise<void>)[] = []
const data = await mkdtemp(join(tmpdir(), 'plugbay-soak-'))
closers.push(() => rm(data, { recursive: true, force: true }))
try {
  const server = await startKillable({ after: (close) => void closers.push(close) }, data)
  const load = await startLoad(server.origin)
  const started = performance.now()
  const samples: Sample[] = []
  const every = (minutes * 60_000) / SAMPLES
  for (let n = 1; n <= SAMPLES; n++) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, started + n * every - performance.now())))
    const next = server.next('memory')
    server.say('memory')
    const { memory, handles } = await next
    const at = (performance.now() - started) / 60_000
    const sample = sampleOf(server.pid, { at, alive: Number(memory), handles: Number(handles) })
    samples.push(sample)
    process.stdout.write(`${lineOf(sample)} | ${load.counts.visits} visits\n`)
  }
  await load.stop()
  const { counts } = load
  const settled = samples.slice(Math.floor(SAMPLES / 3))
  const wrong = [
    ...judge(samples),
    ...counts.failures.map((failure) => `the plugin that works failed: ${failure}`),
  ]
  process.stdout.write(
    `\n${counts.visits} visits, ${counts.uploads} uploads, ${counts.reloads} reloads, ${counts.attacks} attacks in ${minutes} minutes\n` +
      `alive ${perMinute(slope(settled, ({ aliveMb }) => aliveMb))}, resident ${perMinute(slope(settled, ({ residentMb }) => residentMb))}\n` +
      (wrong.length === 0 ? 'Everything is within its bounds\n' : `\n${wrong.join('\n')}\n`),
  )
  if (wrong.length > 0) process.exitCode = 1
} finally {
  for (const close of closers.reverse()) await close()
}

function lineOf(sample: Sample): string {
  const { at, aliveMb, residentMb, descriptors, handles, children, zombies } = sample
  return (
    `${at.toFixed(1).padStart(5)} min: ${aliveMb.toFixed(1)} MB alive, ${residentMb.toFixed(0)} MB resident, ` +
    `${descriptors} descriptors, ${handles} handles, ${children} children, ${zombies} zombies`
  )
}

function perMinute(growth: number): string {
  return `${growth >= 0 ? '+' : ''}${growth.toFixed(2)} MB a minute`
}
