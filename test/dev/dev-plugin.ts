// A plugin's folder under `plugbay dev`, with its events in order. Everything ends with the test.

import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type DevEvent, type DevOptions, type DevServer, startDev } from '../../runtime/dev-server.ts'
import { type EventReader, readEvents } from '../support/event-reader.ts'
import { type PluginSource, pluginFiles, temporaryFolder } from '../support/runtime.ts'
import type { Scope } from '../support/scope.ts'

type EventOf<Kind extends DevEvent['event']> = Extract<DevEvent, { event: Kind }>

export interface DevPlugin {
  readonly folder: string
  readonly port: number
  readonly url: string
  /** All events so far. */
  readonly events: readonly DevEvent[]
  save(files: Readonly<Record<string, string>>): Promise<void>
  /** The next event of a kind, after the one that was waited for last. */
  next<Kind extends DevEvent['event']>(kind: Kind): Promise<EventOf<Kind>>
  /** Below the server's own origin, by address. */
  get(path: string, init?: RequestInit): Promise<Response>
  /** A page that listens; its first event is already taken off when `hello` is not asked for. */
  listen(): Promise<EventReader>
  close(): Promise<void>
}

const PATIENCE_MS = 60_000

export async function saveFiles(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
}

/** Starts with the files of `source`, or with what `folder` holds. */
export async function startDevPlugin(
  t: Scope,
  source: PluginSource | { readonly folder: string },
  options: Partial<DevOptions> = {},
): Promise<DevPlugin> {
  const given = 'folder' in source ? source.folder : undefined
  const folder = given ?? (await temporaryFolder(t))
  if (!('folder' in source)) await saveFiles(folder, pluginFiles(source))
  const events: DevEvent[] = []
  let taken = 0
  let wake = (): void => undefined
  const server: DevServer = await startDev(folder, {
    port: 0,
    logLevel: 'silent',
    ...options,
    onEvent: (event) => {
      events.push(event)
      wake()
    },
  })
  t.after(() => server.close())
  const next = async <Kind extends DevEvent['event']>(kind: Kind): Promise<EventOf<Kind>> => {
    const until = performance.now() + PATIENCE_MS
    for (;;) {
      const index = events.findIndex((event, at) => at >= taken && event.event === kind)
      const found = events[index]
      if (found !== undefined) {
        taken = index + 1
        return found as EventOf<Kind>
      }
      if (performance.now() > until) assert.fail(`no "${kind}" after ${JSON.stringify(events.slice(taken))}`)
      await new Promise<void>((resolve) => {
        wake = resolve
        setTimeout(resolve, 1000)
      })
    }
  }
  const ready = await next('ready')
  const port = Number(new URL(ready.url).port)
  const get = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/plugins/${ready.id}${path}`, { redirect: 'manual', ...init })
  return {
    folder,
    port,
    url: ready.url,
    events,
    save: (files) => saveFiles(folder, files),
    next,
    get,
    async listen() {
      const response = await get('/.plugbay/events')
      assert.equal(response.status, 200)
      const reader = readEvents(response)
      t.after(() => reader.cancel())
      return reader
    },
    close: () => server.close(),
  }
}

/** A backend that answers with a text. */
export function saying(text: string): string {
  return `export default { fetch() { return new Response(${JSON.stringify(text)}) } }\n`
}
