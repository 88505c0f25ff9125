// Runs `plugbay serve` with a plugin under the load of 32 connections, and counts what V8's collector does meanwhile.
// The collector of each process reports to a file or pipe of ours (--trace-gc-nvp): a script stands in for the Node that children
// are started with, since nothing may be passed to them otherwise.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { ADMIN_TOKEN, temporaryFolder } from '../support/runtime.ts'
import type { Scope } from '../support/scope.ts'
import { zipOf } from '../support/zip.ts'

const MAIN = fileURLToPath(new URL('../../runtime/cli/main.ts', import.meta.url))
const CONNECTIONS = 32
const TRACE = [
  '--trace-gc',
  '--trace-gc-nvp',
  // V8 runs full collections in idle isolates, 30 s after their start, to return memory: the watchdog thread of each child.
  '--no-memory-reducer',
  // It also does so when the young generation outgrows the free part of the limit of the old one. That growth happens once or
  // twice in the first minutes of load, whatever the requests: here the size is fixed, in MB.
  '--min-semi-space-size=4',
  '--max-semi-space-size=4',
]

export interface Collections {
  /** "runtime", or the file and address of another isolate. */
  readonly process: string
  readonly scavenges: number
  readonly fullCollections: number
  /** What the old generation grew by: what scavenges moved there, and what was made there in the first place. */
  readonly keptBytes: number
  /** Answered while these were counted. */
  readonly requests: number
}

export interface LoadedPlugin {
  readonly backend: string
  readonly frontend?: Readonly<Record<string, string>> | undefined
  /** Below the mount of the plugin. */
  readonly path: string
  /** Sent with POST; without it requests are GETs. */
  readonly body?: string | undefined
  readonly permissions: Readonly<Record<string, unknown>>
  /** Not counted: code is compiled and optimised then. */
  readonly warmUpSeconds: number
  readonly seconds: number
  /** Windows of so many seconds, at most. */
  readonly windows: number
}

/** One window after the other, each with every isolate that collected anything in it. */
export async function* collectionsUnderLoad(
  t: Scope,
  plugin: LoadedPlugin,
): AsyncGenerator<readonly Collections[]> {
  const folder = await temporaryFolder(t)
  const server = await serveTraced(t, folder)
  await install(server.url, plugin)
  const url = `${server.url}/plugins/loaded/${plugin.path}`
  let requests = 0
  const load = autocannon({
    url,
    ...(plugin.body !== undefined && { method: 'POST' as const, body: plugin.body }),
    connections: CONNECTIONS,
    duration: plugin.warmUpSeconds + plugin.windows * plugin.seconds + 10,
  })
  load.on('response', () => requests++)
  try {
    await setTimeout(plugin.warmUpSeconds * 1000)
    for (let window = 0; window < plugin.windows; window++) {
      const before = await server.traces()
      requests = 0
      await setTimeout(plugin.seconds * 1000)
      const counted = requests
      const after = await server.traces()
      assert.ok(counted > 1000, `only ${counted} requests were answered`)
      yield [...after]
        .map(([process, lines]) =>
          count(process, { lines, before: before.get(process)?.length ?? 0, requests: counted }),
        )
        .filter(({ scavenges, fullCollections }) => scavenges + fullCollections > 0)
    }
  } finally {
    load.stop()
    assert.equal((await load).non2xx, 0)
  }
}

interface Collection {
  readonly gc: string
  readonly end_object_size: number
  /** What is left in the young generation. */
  readonly new_space_survived: number
}

interface Window {
  /** Lines of an isolate since its start, and how many of them came before the window. */
  readonly lines: readonly string[]
  readonly before: number
  readonly requests: number
}

function count(process: string, { lines, before, requests }: Window): Collections {
  const events = lines.slice(Math.max(0, before - 1)).map((line) => JSON.parse(line) as Collection)
  const counted = before === 0 ? events : events.slice(1)
  const scavenges = counted.filter(({ gc }) => gc === 's').length
  let keptBytes = 0
  for (const [index, event] of events.entries()) {
    const previous = events[index - 1]
    if (previous !== undefined && event.gc === 's') keptBytes += oldBytes(event) - oldBytes(previous)
  }
  return { process, scavenges, fullCollections: counted.length - scavenges, keptBytes, requests }
}

/** The old generation after a collection. */
function oldBytes({ end_object_size, new_space_survived }: Collection): number {
  return end_object_size - new_space_survived
}

interface TracedServer {
  readonly url: string
  /** Lines of JSON, one per collection, by isolate. */
  traces(): Promise<ReadonlyMap<string, readonly string[]>>
}

async function serveTraced(t: Scope, folder: string): Promise<TracedServer> {
  const traces = join(folder, 'traces')
  await mkdir(traces)
  const node = join(folder, 'node')
  await writeFile(node, `#!/bin/sh\nexec '${process.execPath}' ${TRACE.join(' ')} "$@" > '${traces}'/$$\n`, {
    mode: 0o755,
  })
  const child = spawn(
    process.execPath,
    [
      ...TRACE,
      '--import',
      `data:text/javascript,process.execPath = ${JSON.stringify(node)}`,
      MAIN,
      'serve',
      '--json',
      '--no-samples',
      '--log-level',
      'silent',
      '--port',
      '0',
      '--data',
      join(folder, 'data'),
      // A jail would not find the script.
      '--set',
      'sandbox.jail=none',
    ],
    {
      cwd: folder,
      env: { ...process.env, PLUGBAY_ADMIN_TOKEN: ADMIN_TOKEN },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const exited = once(child, 'exit')
  t.after(async () => {
    child.kill()
    await exited
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  let url: string | undefined
  while (url === undefined) {
    assert.equal(child.exitCode, null, `the server ended: ${output}`)
    await setTimeout(50)
    url = /"url":\s*"([^"]+)"/.exec(output)?.[1]
  }
  return {
    url,
    async traces() {
      const byIsolate = new Map<string, string[]>()
      const add = (name: string, text: string) => {
        for (const [, isolate = '', json = ''] of text.matchAll(
          /^\[\d+:(0x[0-9a-f]+)[^\n]*GC: (\{.*\})$/gm,
        )) {
          const key = `${name} ${isolate}`
          byIsolate.set(key, [...(byIsolate.get(key) ?? []), json])
        }
      }
      add('runtime', output)
      for (const file of await readdir(traces)) add(file, await readFile(join(traces, file), 'utf8'))
      return byIsolate
    },
  }
}

async function install(
  url: string,
  { backend, frontend, permissions }: Pick<LoadedPlugin, 'backend' | 'frontend' | 'permissions'>,
): Promise<void> {
  const manifest = {
    manifestVersion: 1,
    id: 'loaded',
    name: 'Loaded',
    version: '1.0.0',
    access: 'public',
    permissions,
  }
  const response = await fetch(`${url}/api/v1/plugins`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/zip' },
    body: new Uint8Array(
      zipOf({ 'manifest.json': JSON.stringify(manifest), 'backend/index.js': backend, ...frontend }),
    ),
  })
  assert.equal(response.status, 201, await response.text())
}
