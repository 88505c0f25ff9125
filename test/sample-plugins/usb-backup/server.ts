// A server with usb-backup, whose data is a folder of files, and whose drives are folders.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { createApp } from '../../../runtime/app.ts'
import { defineHost } from '../../../runtime/index.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { folderSource, readableFolders, SAMPLES } from '../../../runtime/samples/folder-source.ts'
import { ADMIN_TOKEN, startTestRuntime, until } from '../../support/runtime.ts'
import type { Scope } from '../../support/scope.ts'

export const PLUGIN = join(SAMPLES, 'usb-backup')

export interface BackupServer {
  readonly runtime: Runtime
  /** JSON of the plugin's API; asserts the status. */
  ask<T>(
    path: string,
    init?: { readonly method?: string; readonly body?: unknown; readonly status?: number },
  ): Promise<T>
  /** Starts a job by the page's API, and waits until it has ended. */
  job(path: string, body: unknown): Promise<Job>
  ended(id: string): Promise<Job>
  /** Ids of the drives, in the order of their folders. */
  drives(): Promise<readonly string[]>
}

export interface Job {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly message: string | null
  readonly problem: string | null
  readonly result: Readonly<Record<string, unknown>> | null
}

export interface ServerOptions {
  /** Its folders are what is backed up: "media", "catalog". */
  readonly data: string
  /** Absolute paths. */
  readonly drives: readonly string[]
  readonly version?: string
  readonly settings?: Readonly<Record<string, unknown>>
  /** Called with each chunk of a snapshot. */
  readonly onChunk?: (chunk: Uint8Array) => void | Promise<void>
  readonly config?: Readonly<Record<string, unknown>>
}

export async function startServer(scope: Scope, options: ServerOptions): Promise<BackupServer> {
  const source = await folderSource(PLUGIN)
  const runtime: Runtime = await startTestRuntime(scope, {
    host: hostOf(options),
    packageFolders: [...readableFolders(source)],
    config: { volumes: { roots: [...options.drives], drives: false }, ...options.config },
  })
  const { settings = {} } = options
  await runtime.plugins.upload(source, { actor: 'test', enable: true })
  if (Object.keys(settings).length > 0)
    await runtime.plugins.changeSettings('usb-backup', settings, { name: 'test', token: 'test' })
  const app = createApp(runtime)
  const ask: BackupServer['ask'] = async (path, { method = 'GET', body, status } = {}) => {
    const response = await app.request(`http://127.0.0.1:3000/plugins/usb-backup/api${path}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (status === undefined) assert.ok(response.ok, `${response.status} ${text}`)
    else assert.equal(response.status, status, text)
    return JSON.parse(text)
  }
  const ended = (id: string) =>
    until(
      'the job ends',
      async () => {
        const { jobs } = await ask<{ jobs: readonly Job[] }>('/state')
        return jobs.find((job) => job.id === id && !['waiting', 'running', 'cancelling'].includes(job.state))
      },
      120_000,
    )
  return {
    ...{ runtime, ask, ended },
    async job(path, body) {
      const { id } = await ask<{ id: string }>(path, { method: 'POST', body })
      return await ended(id)
    },
    async drives() {
      const { drives } = await ask<{ drives: readonly { id: string }[] }>('/state')
      return drives.map(({ id }) => id)
    },
  }
}

function hostOf({ data, version = '1.2.0', onChunk }: ServerOptions) {
  const sources = [
    { name: 'media', title: 'Media', kind: 'folder', version },
    { name: 'catalog', title: 'Catalog', kind: 'folder', version },
  ]
  return defineHost({
    id: 'library',
    version,
    calls: {
      'data.list': { args: true, result: true, effect: false, run: () => sources },
      'data.snapshot': {
        ...{ args: true, result: 'stream', effect: false },
        run: () => Readable.toWeb(Readable.from(snapshotOf(data, { version, sources, onChunk }))),
      },
      'data.restore': {
        ...{ args: true, result: true, body: true },
        async run(_args, { body }) {
          const tar = spawn('tar', ['-xf', '-', '-C', data, '--exclude', HEAD], {
            stdio: ['pipe', 'ignore', 'inherit'],
          })
          const exit = new Promise((resolve) => tar.once('exit', resolve))
          await body.pipeTo(Writable.toWeb(tar.stdin))
          assert.equal(await exit, 0)
          return { restored: sources.map(({ name }) => name), atNextStart: [] }
        },
      },
    },
  })
}

interface Snapshot {
  readonly version: string
  readonly sources: readonly { readonly name: string }[]
  readonly onChunk: ServerOptions['onChunk']
}

/** The tar of `data.snapshot`: its head first. */
async function* snapshotOf(
  data: string,
  { version, sources, onChunk }: Snapshot,
): AsyncGenerator<Uint8Array> {
  const at = new Date().toISOString()
  const head = await mkdtemp(join(tmpdir(), 'plugbay-head-'))
  const text = JSON.stringify({ format: 1, host: { id: 'library', version }, plugbay: '0.1.0', sources, at })
  await writeFile(join(head, HEAD), text)
  const names = sources.map(({ name }) => name)
  const from = ['-C', head, HEAD, '-C', data, ...names]
  const tar = spawn('tar', ['-cf', '-', '--format=posix', ...from], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    for await (const chunk of tar.stdout) {
      await onChunk?.(chunk)
      yield chunk
    }
  } finally {
    tar.kill()
    await rm(head, { recursive: true })
  }
}

const HEAD = 'plugbay-snapshot.json'
