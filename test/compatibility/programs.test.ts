// Public programs that were not written for this runtime: each is bundled with esbuild, zipped, uploaded, and used by real
// clients.
// Some run unbundled too, with their packages in the zip as npm installs them.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, type TestContext, test } from 'node:test'
import { build } from 'esbuild'
import { Agent, EventSource } from 'undici'
import type { Runtime } from '../../runtime/runtime.ts'
import { filesBelow } from '../package/worker/link/linked.ts'
import {
  type Client,
  install,
  logLines,
  type PluginSource,
  startTestRuntime,
  until,
  WAYS,
} from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { programs } from './list.ts'
import type { EventReader, Program, ProgramClient, ServerEvent } from './program.ts'

const MODULES = join(import.meta.dirname, '../../node_modules')
/** Longer than any check takes on a busy machine. */
const CHECK_MS = 120_000
const LOOPBACK = [{ address: '127.0.0.1', family: 4 }]

const scope = sharedScope()
/** Names below "localhost" lead here, whatever the system's resolver says. */
const dispatcher = new Agent({ connect: { lookup: (_name, _options, done) => done(null, LOOPBACK) } })
scope.after(() => dispatcher.close())
let runtime: Runtime
let client: Client
before(async () => {
  // Some of them share a process, as plugins without dangerous grants do on a server that has many.
  runtime = await startTestRuntime(scope, { config: { sandbox: { maxProcesses: 3 } } })
  const server = WAYS.find(({ name }) => name === 'server')
  assert.ok(server)
  client = await server.open(scope, runtime)
  for (const [name, program] of programs) {
    const { manifest = {} } = program
    const files = program.migrations ? migrationsOf(name) : {}
    await installed({ id: name, backend: await bundled(name), files, manifest })
    if (program.carried !== undefined)
      await installed({ id: `${name}-carried`, files: await carried(name, program.carried), manifest })
  }
})

for (const [name, { carried: packages, checks }] of programs) {
  runChecks(name, name, checks)
  if (packages !== undefined) runChecks(`${name}, unbundled`, `${name}-carried`, checks)
}

async function installed(source: PluginSource): Promise<void> {
  const { state, problem } = await install(runtime, source)
  assert.deepEqual([state, problem], ['running', null], source.id)
}

function runChecks(name: string, id: string, checks: Program['checks']): void {
  for (const [sentence, check] of Object.entries(checks))
    test(`${name}: ${sentence}`, { timeout: CHECK_MS }, (t) => check(clientOf(t, id)))
}

/** As an author bundles: one command of esbuild, without a word about where it will run. */
async function bundled(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, name, 'backend/index.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    logLevel: 'silent',
  })
  const [file] = outputFiles
  assert.ok(file)
  return file.text
}

function migrationsOf(name: string): Record<string, Uint8Array> {
  return filesBelow(join(import.meta.dirname, name, 'backend/migrations'), 'backend/migrations')
}

/** As an author does without a bundler: sources, and the installed packages beside them. */
async function carried(name: string, packages: readonly string[]): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {
    'backend/index.ts': await readFile(join(import.meta.dirname, name, 'backend/index.ts')),
  }
  for (const each of packages)
    Object.assign(files, filesBelow(join(MODULES, each), `backend/node_modules/${each}`))
  return files
}

function clientOf(t: TestContext, id: string): ProgramClient {
  // They expect what any site has: cookies and credentials of their own.
  const base = `http://${id}.localhost:${new URL(client.origin).port}/api`
  return {
    fetch: (path, init) => fetch(base + path, { redirect: 'manual', ...init, dispatcher } as RequestInit),
    events: (path, types = []) => eventsOf(t, `${client.origin}/plugins/${id}/api${path}`, types),
    async logged(pattern) {
      await until(`"${id}" says ${pattern}`, async () =>
        (await logLines(runtime, id)).some(({ message }) => pattern.test(message)),
      )
    },
  }
}

function eventsOf(t: TestContext, url: string, types: readonly string[]): EventReader {
  const source = new EventSource(url)
  t.after(() => source.close())
  const queue: ServerEvent[] = []
  let wake = () => {}
  for (const type of ['message', ...types])
    source.addEventListener(type, (event) => {
      const { data, lastEventId } = event as MessageEvent<string>
      queue.push({ type, data, id: lastEventId })
      wake()
    })
  return {
    close: () => source.close(),
    async next() {
      for (;;) {
        const event = queue.shift()
        if (event !== undefined) return event
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        await promise
      }
    },
  }
}
