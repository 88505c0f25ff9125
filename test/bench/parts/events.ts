// Durable events: how many per second are stored and delivered, from the first emit() to the last one that its plugin has handled. The
// application has 100 under way, with 16 keys, on whose order the plugin is held.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createRuntime, defineHost } from '../../../runtime/index.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { zipOf } from '../../support/zip.ts'
import type { Part, PartOptions } from './part.ts'

const EVENTS = 5000
const UNDER_WAY = 100
const KEYS = 16

const host = defineHost({
  id: 'bench',
  version: '1.0.0',
  events: { 'sync.row': { data: { type: 'object', properties: { n: { type: 'integer' } } }, durable: true } },
})

export async function measureEvents({ rounds }: Pick<PartOptions, 'rounds'>): Promise<Part> {
  const data = await mkdtemp(join(tmpdir(), 'plugbay-bench-'))
  const runtime = await createRuntime({ host, config: { data, logLevel: 'silent' } })
  const stored: number[] = []
  const delivered: number[] = []
  try {
    await install(runtime)
    // The first warms up.
    await measureRound(runtime, 0)
    for (let round = 1; round <= rounds; round++) {
      const { storedMs, deliveredMs } = await measureRound(runtime, round * EVENTS)
      stored.push((EVENTS / storedMs) * 1000)
      delivered.push((EVENTS / deliveredMs) * 1000)
    }
  } finally {
    await runtime.close()
    await rm(data, { recursive: true, force: true })
  }
  const figure = { better: 'higher', unit: 'per s' } as const
  return {
    tables: {},
    figures: [
      { ...figure, name: 'durable events stored and delivered', aim: 1000, rounds: delivered },
      { ...figure, name: 'durable events stored', rounds: stored },
    ],
  }
}

/** @param first number of its first event: they grow from round to round */
async function measureRound(runtime: Runtime<typeof host>, first: number) {
  const began = performance.now()
  let next = first
  const emitter = async () => {
    while (next < first + EVENTS) {
      const n = next++
      await runtime.events.emit('sync.row', { n }, { key: `row-${n % KEYS}` })
    }
  }
  await Promise.all(Array.from({ length: UNDER_WAY }, emitter))
  const storedMs = performance.now() - began
  while ((await runtime.durable.list({ limit: 1 })).items.length > 0) await wait(5)
  return { storedMs, deliveredMs: performance.now() - began }
}

async function install(runtime: Runtime<typeof host>): Promise<void> {
  const path = join(runtime.store.paths.staging, 'events.zip')
  const manifest = {
    ...{ manifestVersion: 1, id: 'receiver', name: 'receiver', version: '1.0.0' },
    permissions: { events: ['sync.*'] },
  }
  const backend = `const last = {}; export default { events: { 'sync.row': ({ data: { n }, key }) => {
    if (last[key] > n) throw new Error('out of order')
    last[key] = n
  } } }`
  await writeFile(path, zipOf({ 'manifest.json': JSON.stringify(manifest), 'backend/index.js': backend }))
  await runtime.plugins.upload({ kind: 'zip', path }, { actor: 'bench' })
}
