// plugbay/testing: runs a plugin's folder in a real sandbox from node:test, without a port.
// Invariant: every plugin has a runtime and a data folder of its own; close() leaves nothing behind.

import '../needs-node.ts'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Hono } from 'hono'
import type { LogLine } from '../../sdk/api/logs.ts'
import type { Installation } from '../../sdk/api/plugins.ts'
import type { Permissions } from '../../sdk/permissions/permissions.ts'
import { formatProblem } from '../../sdk/text/format-problem.ts'
import { createApp } from '../app.ts'
import { PlugbayError } from '../errors.ts'
import type { FolderSource } from '../package/types.ts'
import { createRuntime, type Runtime } from '../runtime.ts'
import { folderSource, readableFolders } from '../samples/folder-source.ts'

export interface TestUser {
  readonly name: string
  /** Permission strings, such as "events.view"; none by default. */
  readonly permissions?: readonly string[]
}

export interface StartOptions {
  /** Values of the plugin's settings, secrets too. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** The grants; by default everything that the manifest requests. */
  readonly grants?: Permissions
  /** The user of all requests; by default an anonymous visitor. */
  readonly user?: TestUser
}

export interface TestPlugin extends AsyncDisposable {
  readonly id: string
  /**
   * A request to the backend, with the path that the backend sees. A Request keeps its path and query; its origin is ignored.
   */
  fetch(target: string | Request, init?: RequestInit): Promise<Response>
  /** A page or asset of the frontend, as a browser gets it below `/plugins/<id>/`; "/" by default. */
  page(path?: string): Promise<Response>
  /** The plugin's log, oldest first; errors with their stacks. */
  logs(): Promise<readonly LogLine[]>
  /** Stops the plugin and removes its data. Idempotent. */
  close(): Promise<void>
}

// By IP address, so that pages are served in place and not redirected to an origin of their own.
const ORIGIN = 'http://127.0.0.1'
const ACTOR = 'test'
const MAX_LINES = 1000

/**
 * Checks, installs and starts the plugin in `folder`, the way an upload does.
 * Rejects with a PlugbayError whose message lists every problem with its position; nothing is left behind then.
 */
export async function startPlugin(folder: URL | string, options: StartOptions = {}): Promise<TestPlugin> {
  const source = await folderSource(typeof folder === 'string' ? folder : fileURLToPath(folder))
  const data = await mkdtemp(join(await realpath(tmpdir()), 'plugbay-test-'))
  let runtime: Runtime | undefined
  const close = async (): Promise<void> => {
    await runtime?.close()
    await rm(data, { recursive: true, force: true })
  }
  try {
    const { user } = options
    runtime = await createRuntime({
      config: { data, logLevel: 'silent', sandbox: { maxProcesses: 1 } },
      packageFolders: readableFolders(source),
      // Variables of the developer's shell must not influence a test.
      environment: {},
      authenticate: async () =>
        user === undefined
          ? null
          : { name: user.name, permissions: user.permissions ?? [], kind: 'application' },
    })
    const installation = await install(runtime, source, options)
    return testPlugin({ id: installation.id, runtime, app: createApp(runtime), close })
  } catch (error) {
    await close()
    throw error instanceof PlugbayError ? inWords(error) : error
  }
}

/** Settings and grants come first, so that the plugin starts only once. */
async function install(
  { plugins }: Runtime,
  source: FolderSource,
  options: StartOptions,
): Promise<Installation> {
  const { installation } = await plugins.upload(source, { actor: ACTOR, enable: false })
  const { id } = installation
  if (options.settings !== undefined) await plugins.changeSettings(id, options.settings, ACTOR)
  if (options.grants !== undefined) await plugins.setGrants(id, options.grants, ACTOR)
  const started = await plugins.enable(id, ACTOR)
  if (started.problem !== null) {
    throw new PlugbayError(started.problem.code, started.problem.message, { problems: [started.problem] })
  }
  return started
}

interface Parts {
  readonly id: string
  readonly runtime: Runtime
  readonly app: Hono
  readonly close: () => Promise<void>
}

function testPlugin({ id, runtime, app, close }: Parts): TestPlugin {
  let closing: Promise<void> | undefined
  const plugin: TestPlugin = {
    id,
    async fetch(target, init) {
      const asked = typeof target === 'string' ? new URL(target, ORIGIN) : new URL(target.url)
      const url = `${ORIGIN}/plugins/${id}/api${asked.pathname}${asked.search}`
      return await app.fetch(new Request(typeof target === 'string' ? url : new Request(url, target), init))
    },
    async page(path = '/') {
      const { pathname, search } = new URL(path, ORIGIN)
      return await app.fetch(
        new Request(`${ORIGIN}/plugins/${id}${pathname}${search}`, { headers: { accept: 'text/html, */*' } }),
      )
    },
    async logs() {
      const { items } = await runtime.plugins.logs(id, { limit: MAX_LINES })
      return items.toReversed()
    },
    close() {
      closing ??= close()
      return closing
    },
    [Symbol.asyncDispose]: () => plugin.close(),
  }
  return plugin
}

/** A test runner shows only the message. */
function inWords(error: PlugbayError): PlugbayError {
  if (error.problems.length === 0) return error
  const message = error.problems.map(formatProblem).join('\n\n')
  return new PlugbayError(error.code, message, { problems: error.problems, cause: error })
}
