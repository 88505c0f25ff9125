// A server with usb-backup, whose application has a folder and a database, and whose drives are folders.

import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createApp } from '../../../runtime/app.ts'
import { defineHost } from '../../../runtime/index.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { folderSource, readableFolders, SAMPLES } from '../../../runtime/samples/folder-source.ts'
import { ADMIN_TOKEN, startTestRuntime, temporaryFolder, until } from '../../support/runtime.ts'
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
  /** What makeData() has made; without it, the data is that of the standalone server. */
  readonly data?: string
  /** Absolute paths. */
  readonly drives: readonly string[]
  readonly version?: string
  /** Its data folder has the plugin already. */
  readonly isInstalled?: boolean
  readonly settings?: Readonly<Record<string, unknown>>
  readonly config?: Readonly<Record<string, unknown>>
}

export async function startServer(scope: Scope, options: ServerOptions): Promise<BackupServer> {
  const source = await folderSource(PLUGIN)
  const runtime: Runtime = await startTestRuntime(scope, {
    ...(options.data !== undefined && { host: hostOf(options.data, options.version) }),
    packageFolders: [...readableFolders(source)],
    config: { volumes: { roots: [...options.drives], drives: false }, ...options.config },
  })
  const { settings = {}, isInstalled = false } = options
  if (!isInstalled) await runtime.plugins.upload(source, { actor: 'test', enable: true })
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
      300_000,
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

function hostOf(data: string, version = '1.2.0') {
  return defineHost({
    id: 'library',
    version,
    data: {
      media: { title: 'Media', folder: join(data, 'media') },
      catalog: { title: 'Catalog', database: join(data, 'catalog.sqlite') },
    },
  })
}

/** Files and a database. @returns the folder */
export async function makeData(scope: Scope): Promise<string> {
  const data = await temporaryFolder(scope)
  await mkdir(join(data, 'media'))
  await writeFile(join(data, 'media/a.txt'), 'first')
  const database = new DatabaseSync(join(data, 'catalog.sqlite'))
  database.exec('CREATE TABLE book (title TEXT)')
  database.exec("INSERT INTO book VALUES ('Walden')")
  database.close()
  return data
}
