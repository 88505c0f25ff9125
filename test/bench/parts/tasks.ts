// Background tasks: how fast 10,000 that do nothing are drained, and how long one takes to be stored while 100 run. Measured in this
// process, with a flush to disk for everything that is promised.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRuntime } from '../../../runtime/index.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { zipOf } from '../../support/zip.ts'
import { timed } from '../http.ts'
import { percentile } from '../statistics.ts'
import type { Part, PartOptions } from './part.ts'

const QUEUED = 10_000
const RUNNING = 100
const ENQUEUED = 500
const ID = 'tasks-bench'

export async function measureTasks({ rounds }: Pick<PartOptions, 'rounds'>): Promise<Part> {
  const data = await mkdtemp(join(tmpdir(), 'plugbay-bench-'))
  const tasks = { maxRunning: 2 * RUNNING, maxRunningPerPlugin: 2 * RUNNING, maxOpen: 2 * QUEUED }
  const runtime = await createRuntime({ config: { data, logLevel: 'silent', tasks } })
  const drained: number[] = []
  const enqueued: number[] = []
  try {
    await install(runtime)
    for (let round = 0; round < rounds; round++) {
      drained.push(await drain(runtime))
      enqueued.push(await enqueue(runtime))
    }
  } finally {
    await runtime.close()
    await rm(data, { recursive: true, force: true })
  }
  return {
    tables: {},
    figures: [
      {
        name: `${QUEUED} queued no-op tasks drained`,
        unit: 'per s',
        better: 'higher',
        aim: 1000,
        rounds: drained,
      },
      {
        ...{
          name: `a task stored while ${RUNNING} run, 99th percentile`,
          unit: 'ms',
          better: 'lower',
          aim: 5,
        },
        rounds: enqueued,
      },
    ],
  }
}

/** Tasks per second, from the moment at which all are due. */
async function drain(runtime: Runtime): Promise<number> {
  const at = Date.now() + 60_000
  for (let n = 0; n < QUEUED; n += RUNNING)
    await Promise.all(Array.from({ length: RUNNING }, () => schedule(runtime, 'nothing', { at })))
  const first = await schedule(runtime, 'nothing', {})
  await ended(runtime, first)
  const ids: string[] = []
  for (let cursor: string | undefined; ; ) {
    const page = await runtime.store.tasks.list({
      states: ['waiting'],
      limit: 200,
      ...(cursor !== undefined && { cursor }),
    })
    ids.push(...page.items.map(({ id }) => id))
    if (page.nextCursor === null) break
    cursor = page.nextCursor
  }
  // All in one transaction.
  await Promise.all(ids.map((id) => runtime.store.tasks.change(id, { runAtMs: 0 })))
  const ms = await timed(async () => {
    runtime.tasks.wake(ID)
    await idle(runtime)
  })
  await runtime.store.tasks.clean({})
  return QUEUED / (ms / 1000)
}

/** Milliseconds. */
async function enqueue(runtime: Runtime): Promise<number> {
  const running = await Promise.all(Array.from({ length: RUNNING }, () => schedule(runtime, 'work', {})))
  while ((await runtime.store.tasks.list({ states: ['running'], limit: 200 })).items.length < RUNNING)
    await pause(20)
  const times: number[] = []
  for (let n = 0; n < ENQUEUED; n++)
    times.push(await timed(() => schedule(runtime, 'nothing', { delaySeconds: 3600 })))
  for (const id of running) {
    await runtime.store.tasks.cancel(id, Date.now())
    runtime.tasks.run(ID, { id })?.stop('cancelled')
  }
  for (const id of running) await ended(runtime, id)
  for (const { id } of (await runtime.store.tasks.list({ states: ['waiting'], limit: 200 })).items)
    await runtime.store.tasks.cancel(id, Date.now())
  while ((await runtime.store.tasks.list({ states: ['waiting'], limit: 200 })).items.length > 0)
    for (const { id } of (await runtime.store.tasks.list({ states: ['waiting'], limit: 200 })).items)
      await runtime.store.tasks.cancel(id, Date.now())
  await runtime.store.tasks.clean({})
  return percentile(times, 99)
}

async function schedule(runtime: Runtime, name: string, options: object): Promise<string> {
  const startedBy = { kind: 'plugin', name: ID } as const
  return (await runtime.tasks.schedule(ID, name, { args: null, options, startedBy })).id
}

async function ended(runtime: Runtime, id: string): Promise<void> {
  while ((await runtime.store.tasks.get(id))?.finishedAtMs === null) await pause(20)
}

async function idle(runtime: Runtime): Promise<void> {
  while ((await runtime.store.tasks.list({ states: ['waiting', 'running'], limit: 1 })).items.length > 0)
    await pause(20)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function install(runtime: Runtime): Promise<void> {
  const path = join(runtime.store.paths.staging, 'tasks.zip')
  const names = ['nothing', 'work']
  const manifest = {
    ...{ manifestVersion: 1, id: ID, name: ID, version: '1.0.0', permissions: { tasks: true } },
    contributes: { tasks: names.map((id) => ({ id, onDemand: true })) },
  }
  const work = `async (task) => {
    for (let n = 0; !task.signal.aborted; n++) {
      task.progress((n % 100) / 100)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }`
  const backend = `export default { tasks: { nothing() {}, work: ${work} } }`
  await writeFile(path, zipOf({ 'manifest.json': JSON.stringify(manifest), 'backend/index.js': backend }))
  await runtime.plugins.upload({ kind: 'zip', path }, { actor: 'bench' })
}
