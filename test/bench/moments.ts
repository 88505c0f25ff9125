// How long the moments take that people wait for: first request, upload, start with many plugins; and what a plugin weighs.

import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SandboxConfig } from '../../runtime/config.ts'
import { createRuntime, type Runtime, serve } from '../../runtime/index.ts'
import { writeZip } from '../../runtime/package/worker/write-zip.ts'
import { type Files, helloPlugin, largePlugin } from './plugins.ts'
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

async function withRuntime<T>(
  sandbox: Partial<SandboxConfig>,
  use: (runtime: Runtime, url: string) => Promise<T>,
): Promise<T> {
  const data = await mkdtemp(join(tmpdir(), 'plugbay-bench-'))
  const runtime = await createRuntime({ config: { data, port: 0, logLevel: 'warn', sandbox } })
  const server = await serve(runtime)
  try {
    return await use(runtime, `http://127.0.0.1:${server.port}`)
  } finally {
    await server.close(100)
    await runtime.close()
    await rm(data, { recursive: true, force: true })
  }
}

async function upload(runtime: Runtime, files: Files): Promise<void> {
  const path = await zipFile(runtime, files)
  await runtime.plugins.upload({ kind: 'zip', path }, { actor: 'bench' })
  await rm(path)
}

async function zipFile(runtime: Runtime, files: Files): Promise<string> {
  const path = join(runtime.store.paths.staging, `${crypto.randomUUID()}.zip`)
  const entries = Object.entries(files).map(
    ([name, content]) => [name, Buffer.from(content as string)] as const,
  )
  await writeFile(path, writeZip(new Map(entries)))
  return path
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

async function get(url: string): Promise<void> {
  const response = await fetch(url)
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
}

/** Lets what was started in the background (a spare process, a code cache) come to rest. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 300))
}

function residentMb(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) / 256
}
