// How long the moments take that people wait for: first request, upload, start with many plugins; and what a plugin weighs.

import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRuntime, type Runtime } from '../../runtime/index.ts'
import { helloPlugin, largePlugin } from './plugins.ts'
import { get, settle, upload, withRuntime, zipFile } from './runtime.ts'
import { median, round } from './statistics.ts'

export async function measureMoments() {
  return {
    'first request of a stopped plugin, ms (aim <= 25)': await firstRequest(),
    'upload of a 1 MB zip to first answer, ms (aim <= 150)': await uploadToAnswer(),
    'memory per plugin in a shared process, MB (aim <= 8)': await memoryPerPlugin(),
    'start with 200 installed plugins, ms (aim <= 2000)': await startWithMany(),
  }
}

async function firstRequest(): Promise<number> {
  return await withRuntime({ idleMs: 100 }, async (runtime, url) => {
    await upload(runtime, helloPlugin())
    const times: number[] = []
    for (let run = 0; run < 15; run++) {
      do await settle()
      while ((await runtime.plugins.get('hello')).state !== 'idle')
      times.push(await timed(() => get(`${url}/plugins/hello/api/greet/ada`)))
    }
    return round(median(times), 1)
  })
}

async function uploadToAnswer(): Promise<number> {
  return await withRuntime({}, async (runtime, url) => {
    const times: number[] = []
    for (let run = 0; run < 9; run++) {
      const zip = await zipFile(runtime, largePlugin(`1.0.${run}`))
      await settle()
      times.push(
        await timed(async () => {
          await runtime.plugins.upload({ kind: 'zip', path: zip }, { actor: 'bench' })
          await get(`${url}/plugins/large/api/greet/ada`)
        }),
      )
    }
    return round(median(times.slice(1)), 1)
  })
}

async function memoryPerPlugin(): Promise<number> {
  return await withRuntime({ maxProcesses: 0 }, async (runtime, url) => {
    const count = 24
    for (let index = 0; index < count; index++) await upload(runtime, helloPlugin(`hello-${index}`))
    await get(`${url}/plugins/hello-0/api/greet/ada`)
    const shared = runtime.sandbox.processes.find((process) => process.shared)
    if (shared === undefined) throw new Error('no shared process')
    const all = residentMb(shared.pid)
    const empty = residentMb(
      runtime.sandbox.processes.find(({ plugins }) => plugins.length === 0)?.pid ?? shared.pid,
    )
    return round((all - empty) / shared.plugins.length, 1)
  })
}

async function startWithMany(): Promise<number> {
  const data = await mkdtemp(join(tmpdir(), 'plugbay-bench-'))
  try {
    const first = await createRuntime({ config: { data, logLevel: 'warn' } })
    for (let index = 0; index < 200; index++) {
      const zip = await zipFile(first, helloPlugin(`hello-${index}`))
      await first.plugins.upload({ kind: 'zip', path: zip }, { actor: 'bench', enable: false })
      await first.plugins.enable(`hello-${index}`, 'bench').catch(() => undefined)
      await rm(zip)
    }
    await first.close()
    const times: number[] = []
    for (let run = 0; run < 3; run++) {
      let runtime: Runtime | undefined
      times.push(
        await timed(async () => {
          runtime = await createRuntime({ config: { data, logLevel: 'warn' } })
        }),
      )
      await runtime?.close()
    }
    return Math.round(median(times))
  } finally {
    await rm(data, { recursive: true, force: true })
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

function residentMb(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) / 256
}
