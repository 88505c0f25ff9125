// A plugin that runs in a test: what a test does with it.

import type { LogLine } from '../../sdk/api/logs.ts'
import type { Permissions } from '../../sdk/permissions/permissions.ts'
import type { HostCallName } from '../../sdk/protocol/host-calls.ts'
import { createApp, createUpgradeHandler } from '../app.ts'
import type { OutsideData, OutsideSandbox } from '../host-calls/outside.ts'
import type { Runtime } from '../runtime.ts'
import { type TestClock, type TestTasks, type Time, testTime } from './clock.ts'
import type { Fault, Faults } from './faults.ts'
import type { OpenCalls } from './open-calls.ts'
import { type SocketOptions, type TestSocket, TestSockets } from './sockets.ts'
import { type StoredData, storedData } from './stored-data.ts'
import { storedFiles, type TestFiles } from './stored-files.ts'
import type { TestVisitor, Visitors } from './visitor.ts'

export interface TestRequestInit extends RequestInit, TestVisitor {
  /** The grants while this request is answered; no other request may run then. */
  readonly grants?: Permissions
}

export interface TestPlugin extends AsyncDisposable, StoredData {
  readonly id: string
  /**
   * A request to the backend, with the path that the backend sees. A Request keeps its path and query; its origin is ignored.
   */
  fetch(target: string | Request, init?: TestRequestInit): Promise<Response>
  /** A page or asset of the frontend, as a browser gets it below `/plugins/<id>/`; "/" by default. */
  page(path?: string, visitor?: TestVisitor): Promise<Response>
  /** Opens a WebSocket to a path of the backend. Rejects with the status of an answer other than 101. */
  connect(path: string, options?: SocketOptions): Promise<TestSocket>
  /** The files of the plugin's bucket, env.files. */
  readonly files: TestFiles
  readonly tasks: TestTasks
  readonly clock: TestClock
  /** Grants exactly these from now on, which starts the backend again. Rejects with GRANT_TOO_WIDE for what the manifest does not ask for. */
  grant(permissions: Permissions): Promise<void>
  /** The next host calls of that name fail: `fail('kv.put', { with: 'QUOTA_EXCEEDED' })`. "never" leads to the deadline. */
  fail(call: HostCallName, fault: Fault): void
  /** Kills the process in which the backend runs. The next request starts it again. */
  crash(): Promise<void>
  /** The plugin's log, oldest first; errors with their stacks. */
  logs(): Promise<readonly LogLine[]>
  /** Stops the plugin and removes its data. Idempotent. */
  close(): Promise<void>
}

export interface TestPluginParts {
  readonly id: string
  readonly runtime: Runtime
  readonly visitors: Visitors
  readonly faults: Faults
  readonly time: Time
  readonly calls: OpenCalls
  readonly data: OutsideData
  readonly sandbox: OutsideSandbox
  readonly close: () => Promise<void>
}

// By IP address, so that pages are served in place and not redirected to an origin of their own.
const ORIGIN = 'http://127.0.0.1'
const ACTOR = 'test'
const MAX_LINES = 1000
const CRASH_MS = 10_000

export function createTestPlugin({
  id,
  runtime,
  visitors,
  faults,
  time,
  calls,
  data,
  sandbox,
  close,
}: TestPluginParts): TestPlugin {
  const app = createApp(runtime)
  const sockets = new TestSockets(createUpgradeHandler(runtime), visitors)
  let closing: Promise<void> | undefined
  const ask = async (path: string, asked: Request | RequestInit, visitor: TestVisitor): Promise<Response> => {
    const who = visitors.of(visitor)
    const request = new Request(`${ORIGIN}/plugins/${id}${path}`, asked)
    if (who.language !== undefined && !request.headers.has('accept-language'))
      request.headers.set('accept-language', who.language)
    return await visitors.as(who, async () => await app.fetch(request))
  }
  const grant = async (permissions: Permissions): Promise<void> => {
    faults.release()
    await runtime.plugins.setGrants(id, permissions, ACTOR)
  }
  const plugin: TestPlugin = {
    id,
    ...storedData({ pluginId: id, data, limits: runtime.config.limits }),
    files: storedFiles({ pluginId: id, buckets: data.buckets, quotaBytes: runtime.config.limits.filesBytes }),
    ...testTime({ pluginId: id, time, runtime, sandbox, calls }),
    async fetch(target, { user, language, grants, ...init } = {}) {
      const given = typeof target === 'string' ? undefined : new Request(target, init)
      const { pathname, search } = new URL(typeof target === 'string' ? target : target.url, ORIGIN)
      const visitor = { ...(user !== undefined && { user }), ...(language !== undefined && { language }) }
      const send = () => ask(`/api${pathname}${search}`, given ?? init, visitor)
      if (grants === undefined) return await send()
      const before = (await runtime.plugins.get(id)).grants
      await grant(grants)
      try {
        return await whole(await send())
      } finally {
        await grant(before)
      }
    },
    async page(path = '/', visitor = {}) {
      const { pathname, search } = new URL(path, ORIGIN)
      return await ask(`${pathname}${search}`, { headers: { accept: 'text/html, */*' } }, visitor)
    },
    async connect(path, options) {
      const { pathname, search } = new URL(path, ORIGIN)
      return await sockets.connect(`/plugins/${id}/api${pathname}${search}`, options)
    },
    grant,
    fail: (call, fault) => faults.plan(call, fault),
    async crash() {
      const mine = () => runtime.sandbox.processes.filter(({ plugins }) => plugins.includes(id))
      for (const { pid } of mine()) process.kill(pid, 'SIGKILL')
      const end = performance.now() + CRASH_MS
      while (mine().length > 0) {
        if (performance.now() > end) throw new Error('The process of the backend has not ended')
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    },
    async logs() {
      const { items } = await runtime.plugins.logs(id, { limit: MAX_LINES })
      return items.toReversed()
    },
    close() {
      faults.release()
      closing ??= sockets.close().then(close)
      return closing
    },
    [Symbol.asyncDispose]: () => plugin.close(),
  }
  return plugin
}

/** The answer with all of its body, which needs the backend no more. */
async function whole(response: Response): Promise<Response> {
  const { status, statusText, headers, body } = response
  return new Response(body === null ? null : await response.arrayBuffer(), { status, statusText, headers })
}
