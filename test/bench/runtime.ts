// A runtime under measurement in this process, behind its server.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SandboxConfig } from '../../runtime/config/config.ts'
import { createRuntime, type Runtime, serve } from '../../runtime/index.ts'
import { writeZip } from '../../runtime/package/worker/archive/write-zip.ts'
import type { Files } from './plugins.ts'

export async function withRuntime<T>(
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

export async function upload(runtime: Runtime, files: Files): Promise<void> {
  const path = await zipFile(runtime, files)
  await runtime.plugins.upload({ kind: 'zip', path }, { actor: 'bench' })
  await rm(path)
}

export async function zipFile(runtime: Runtime, files: Files): Promise<string> {
  const path = join(runtime.store.paths.staging, `${crypto.randomUUID()}.zip`)
  const entries = Object.entries(files).map(
    ([name, content]) => [name, Buffer.from(content as string)] as const,
  )
  await writeFile(path, writeZip(new Map(entries)))
  return path
}

export async function get(url: string): Promise<void> {
  const response = await fetch(url)
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
}

/** Lets what was started in the background (a standby process, a code cache) come to rest. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 300))
}
