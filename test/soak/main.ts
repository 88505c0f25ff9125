// npm run soak: a server under everything at once, and whether it grows. Prints a line for every sample, then slopes and bounds.
// node test/soak/main.ts --minutes 30 --seed 1. Exit 1 when something is over its bound, when the plugin that works has failed, or an
// attack was answered as it should not be.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { median } from '../bench/statistics.ts'
import { startKillable } from '../support/killable.ts'
import { Closers } from '../support/scope.ts'
import { judge, type Sample, sampleOf, slope } from './figures.ts'
import { startLoad } from './load.ts'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, seed: { type: 'string', default: '1' } },
})
const minutes = Number(values.minutes)
/** Enough for a slope, however short the run. */
const SAMPLES = 36

const scope = new Closers()
const data = await mkdtemp(join(tmpdir(), 'plugbay-soak-'))
scope.after(() => rm(data, { recursive: true, force: true }))
try {
  const server = await startKillable(scope, data)
  const load = await startLoad(server.origin, Number(values.seed))
  const started = performance.now()
  const samples: Sample[] = []
  const every = (minutes * 60_000) / SAMPLES
  for (let n = 1; n <= SAMPLES; n++) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, started + n * every - performance.now())))
    const next = server.next('memory')
    server.say('memory')
    const { memory, handles } = await next
    const at = (performance.now() - started) / 60_000
    const { times } = load.counts
    load.counts.times = []
    const sample = sampleOf(server.pid, { at, alive: Number(memory), handles: Number(handles), times })
    samples.push(sample)
    process.stdout.write(`${lineOf(sample)} | ${load.counts.visits} visits, ${load.counts.attacks} attacks\n`)
  }
  await load.stop()
  const { counts } = load
  const settled = samples.slice(Math.floor(SAMPLES / 3))
  const wrong = [...judge(samples), ...counts.failures]
  const third = Math.floor(settled.length / 3)
  const change = (figure: (sample: Sample) => number) => {
    const [before, after] = [settled.slice(0, third), settled.slice(-third)].map((part) =>
      median(part.map(figure)),
    )
    return `${before?.toFixed(1)} → ${after?.toFixed(1)}`
  }
  process.stdout.write(
    `\n${counts.visits} visits, ${counts.uploads} uploads, ${counts.reloads} reloads, ${counts.attacks} attacks in ${minutes} minutes\n` +
      `alive ${perMinute(slope(settled, ({ aliveMb }) => aliveMb))}, resident ${perMinute(slope(settled, ({ residentMb }) => residentMb))}\n` +
      `from the first third to the last: resident MB ${change(({ residentMb }) => residentMb)}, descriptors ${change(({ descriptors }) => descriptors)}, ` +
      `threads ${change(({ threads }) => threads)}, visits ms ${change(({ medianMs }) => medianMs)}, p99 ${change(({ p99Ms }) => p99Ms)}\n` +
      (wrong.length === 0 ? 'Everything is within its bounds\n' : `\n${wrong.join('\n')}\n`),
  )
  if (wrong.length > 0) process.exitCode = 1
} finally {
  await scope.close()
}

function lineOf(sample: Sample): string {
  const { at, aliveMb, residentMb, descriptors, handles, threads, children, zombies, medianMs, p99Ms } =
    sample
  return (
    `${at.toFixed(1).padStart(5)} min: ${aliveMb.toFixed(1)} MB alive, ${residentMb.toFixed(0)} MB resident, ` +
    `${descriptors} descriptors, ${handles} handles, ${threads} threads, ${children} children, ${zombies} zombies, ` +
    `visits ${medianMs.toFixed(1)} ms, p99 ${p99Ms.toFixed(0)} ms`
  )
}

function perMinute(growth: number): string {
  return `${growth >= 0 ? '+' : ''}${growth.toFixed(2)} MB a minute`
}
