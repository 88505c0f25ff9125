// A runtime with one folder as its drive and two as its data, and a plugin that writes to it with the code of usb-backup.

import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { createApp } from '../../../runtime/app.ts'
import { defineHost } from '../../../runtime/index.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { install, startTestRuntime, temporaryFolder } from '../../support/runtime.ts'
import type { Scope } from '../../support/scope.ts'

export const run = promisify(execFile)

export interface Lab {
  /** The plugin's folder on the drive. */
  readonly folder: string
  /** A folder with those of the host's data: "media", "catalog". */
  readonly data: string
  readonly runtime: Runtime
  /** @param query "?recipient=age1…" */
  ask(path: string, init?: RequestInit): Promise<Response>
}

export async function openLab(scope: Scope, drive?: string): Promise<Lab> {
  drive ??= await temporaryFolder(scope)
  const data = await temporaryFolder(scope)
  const sources = ['media', 'catalog'].map((name) => [name, { title: name, folder: join(data, name) }])
  for (const name of ['media', 'catalog']) await mkdir(join(data, name))
  const host = defineHost({ id: 'test', version: '1.0.0', data: Object.fromEntries(sources) })
  const limits = {
    deadlineMs: 120_000,
    cpuMs: 120_000,
    maxRequestBytes: 4e9,
    maxResponseBytes: 4e9,
    cpuPercent: 400,
  }
  const runtime = await startTestRuntime(scope, { host, config: { volumes: { roots: [drive] }, limits } })
  const { outputFiles } = await build({
    stdin: {
      contents: "import { lab } from './lab-backend.ts'\nexport default lab",
      resolveDir: import.meta.dirname,
    },
    ...{ bundle: true, write: false, format: 'esm', platform: 'neutral', mainFields: ['module', 'main'] },
  })
  const backend = outputFiles[0]?.text ?? ''
  const permissions = { volumes: 'readwrite', host: ['data.snapshot'] }
  await install(runtime, { id: 'lab', backend, manifest: { permissions } })
  const app = createApp(runtime)
  return {
    folder: join(drive, 'plugbay/lab'),
    data,
    runtime,
    ask: async (path, init) => await app.request(`http://127.0.0.1:3000/plugins/lab/api${path}`, init),
  }
}

/** Writes files to the data of the host. @param files by path: "media/a.txt" */
export async function writeFiles(
  { data }: Pick<Lab, 'data'>,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(data, path)), { recursive: true })
    await writeFile(join(data, path), content)
  }
}
