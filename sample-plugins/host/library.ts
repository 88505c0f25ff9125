// The whole application: database, runtime, pages and listener. Every start returns its stop.

import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import { createRuntime, createUpgradeHandler, type Runtime, sqliteOutbox } from 'plugbay'
import { createLibraryApp } from './app.ts'
import { Books } from './database/books.ts'
import { Members } from './database/members.ts'
import { openDatabase } from './database/open-database.ts'
import { AllSeries } from './database/series.ts'
import type { library } from './declaration.ts'
import { authenticateBy } from './identity.ts'
import { writeFirstFiles } from './media/first-files.ts'
import { MediaLibrary } from './media/media-library.ts'
import { libraryWith } from './media/objects.ts'
import { openRoots } from './media/roots.ts'
import { PLUGINS_PATH } from './plugin-points.ts'

export interface LibraryOptions {
  /** Made when it is missing. Holds library.db, texts and media, and the data folder of the runtime. */
  readonly data: string
  /** 0 for a free one. */
  readonly port: number
  readonly logLevel?: 'info' | 'silent'
  /** Where PLUGBAY_SETTING_… variables are; `process.env` by default. */
  readonly environment?: Readonly<Record<string, string>>
}

export interface RunningLibrary {
  /** For example "http://127.0.0.1:8080". */
  readonly url: string
  readonly runtime: Runtime<typeof library>
  readonly media: MediaLibrary
  /** The password of all members, at the first start only. */
  readonly firstPassword: string | undefined
  /** Completes the requests in progress, then stops everything. */
  close(): Promise<void>
}

export async function startLibrary(options: LibraryOptions): Promise<RunningLibrary> {
  const { data, port, logLevel = 'info' } = options
  const closers: (() => unknown)[] = []
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    await mkdir(data, { recursive: true })
    const { database, firstPassword, needsFiles } = openDatabase(data)
    closers.push(() => database.close())
    const members = new Members(database)
    const outbox = sqliteOutbox(database)
    const books = new Books(database, outbox)
    const series = new AllSeries(database, books)
    const roots = openRoots(data)
    if (needsFiles) writeFirstFiles(roots, books.search({ text: '', subject: '' }))
    const media = new MediaLibrary(database, roots)
    await media.scan()
    const runtime = await createRuntime({
      host: libraryWith({ books, series, media, roots }),
      config: { data: join(data, 'plugins'), logLevel },
      authenticate: authenticateBy(members),
      ...(options.environment !== undefined && { environment: options.environment }),
    })
    closers.push(() => runtime.close())
    const relay = runtime.events.relay(outbox)
    const app = createLibraryApp({
      ...{ runtime, database, members, books, series, media },
      outboxFilled: relay.notify,
    })
    const handleUpgrade = createUpgradeHandler(runtime, { basePath: PLUGINS_PATH })
    const { server, url } = await listen(app.fetch, port)
    server.on('upgrade', (request, socket, head) => {
      if (!handleUpgrade(request, socket, head)) socket.destroy()
    })
    closers.push(async () => {
      const isClosed = once(server, 'close')
      server.close()
      // Streams of plugins and of the runtime end with it, so that the server can.
      await runtime.close()
      server.closeAllConnections()
      await isClosed
    })
    return { url, runtime, media, firstPassword, close: closeAll }
  } catch (error) {
    await closeAll()
    throw error
  }
}

/** On this machine only: the library is an example. */
async function listen(fetch: Hono['fetch'], port: number): Promise<{ server: Server; url: string }> {
  const server = createAdaptorServer({ fetch }) as Server
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const { port: chosen } = server.address() as AddressInfo
  return { server, url: `http://127.0.0.1:${chosen}` }
}
