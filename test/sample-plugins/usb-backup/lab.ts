// A runtime with one folder as its drive, and a plugin that writes to it with the code of usb-backup.

import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { createApp } from '../../../runtime/app.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { install, startTestRuntime, temporaryFolder } from '../../support/runtime.ts'
import type { Scope } from '../../support/scope.ts'

export const run = promisify(execFile)

export interface Lab {
  /** The plugin's folder on the drive. */
  readonly folder: string
  readonly runtime: Runtime
  /** @param query "?recipient=age1…" */
  ask(path: string, init?: RequestInit): Promise<Response>
}

export async function openLab(scope: Scope, drive?: string): Promise<Lab> {
  drive ??= await temporaryFolder(scope)
  const limits = {
    deadlineMs: 120_000,
    cpuMs: 120_000,
    maxRequestBytes: 4e9,
    maxResponseBytes: 4e9,
    cpuPercent: 400,
  }
  const runtime = await startTestRuntime(scope, { config: { volumes: { roots: [drive] }, limits } })
  const { outputFiles } = await build({
    stdin: {
      contents: "import { lab } from './lab-backend.ts'\nexport default lab",
      resolveDir: import.meta.dirname,
    },
    ...{ bundle: true, write: false, format: 'esm', platform: 'neutral', mainFields: ['module', 'main'] },
  })
  const backend = outputFiles[0]?.text ?? ''
  await install(runtime, { id: 'lab', backend, manifest: { permissions: { volumes: 'readwrite' } } })
  const app = createApp(runtime)
  return {
    folder: join(drive, 'plugbay/lab'),
    runtime,
    ask: async (path, init) => await app.request(`http://127.0.0.1:3000/plugins/lab/api${path}`, init),
  }
}

/** Writes files, and answers with a tar of them in the form of `data.snapshot`. @param files by path: "media/a.txt" */
export async function snapshotTar(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const sources = [...new Set(Object.keys(files).map((path) => path.split('/')[0] ?? ''))]
  const head = {
    format: 1,
    host: { id: 'test', version: '1.0.0' },
    plugbay: '0.1.0',
    sources: sources.map((name) => ({ name, title: name, kind: 'folder', version: '1.0.0' })),
    at: new Date().toISOString(),
  }
  await writeFile(join(folder, 'plugbay-snapshot.json'), JSON.stringify(head))
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  return await tarOf(folder, sources)
}

export async function tarOf(folder: string, sources: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  const names = ['plugbay-snapshot.json', ...sources]
  const { stdout } = await run('tar', ['-C', folder, '-cf', '-', '--format=posix', ...names], {
    encoding: 'buffer',
    maxBuffer: 2 ** 31,
  })
  return new Uint8Array(stdout)
}
