// plugbay/testing: runs a plugin's folder in a real sandbox from node:test or vitest, without a port.
// Invariant: every plugin has a runtime and a data folder of its own; close() leaves nothing behind.

import '../needs-node.ts'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Installation } from '../../sdk/api/plugins.ts'
import { formatProblem } from '../../sdk/text/format-problem.ts'
import { PlugbayError } from '../errors.ts'
import type { OutsideData, OutsideSandbox } from '../host-calls/outside.ts'
import type { FolderSource } from '../package/types.ts'
import { createRuntime, type Runtime } from '../runtime.ts'
import { folderSource, readableFolders } from '../samples/folder-source.ts'
import { Time } from './clock.ts'
import { Faults } from './faults.ts'
import { testNetwork } from './network.ts'
import { OpenCalls } from './open-calls.ts'
import type { StartOptions } from './options.ts'
import { createTestPlugin, type TestPlugin } from './test-plugin.ts'
import { Visitors } from './visitor.ts'

export type { CassetteOptions } from './cassette.ts'
export type { TestClock, TestTasks } from './clock.ts'
export type { Fault } from './faults.ts'
export type { FetchMock } from './network.ts'
export type { StartOptions } from './options.ts'
export type { Closed, SocketOptions, TestSocket } from './sockets.ts'
export type { TestDb, TestDbRow, TestDbValue, TestKv } from './stored-data.ts'
export type { TestFile, TestFileOptions, TestFiles } from './stored-files.ts'
export type { TestPlugin, TestRequestInit } from './test-plugin.ts'
export type { TestUser, TestVisitor } from './visitor.ts'

const ACTOR = 'test'

/**
 * Checks, installs and starts the plugin in `folder`, the way an upload does.
 * Rejects with a PlugbayError whose message lists every problem with its position; nothing is left behind then.
 */
export async function startPlugin(folder: URL | string, options: StartOptions = {}): Promise<TestPlugin> {
  const source = await folderSource(typeof folder === 'string' ? folder : fileURLToPath(folder))
  const time = new Time(options.now)
  const network = await testNetwork(options.fetch, options.cassette)
  const faults = new Faults()
  const visitors = new Visitors(options)
  const data = await mkdtemp(join(await realpath(tmpdir()), 'plugbay-test-'))
  let runtime: Runtime | undefined
  const calls = new OpenCalls()
  let inside: { readonly data: OutsideData; readonly sandbox: OutsideSandbox } | undefined
  const close = async (): Promise<void> => {
    await runtime?.close()
    await rm(data, { recursive: true, force: true })
    await network.close()
  }
  try {
    const { limits, languages } = options
    runtime = await createRuntime({
      config: {
        ...{ data, logLevel: 'silent', sandbox: { maxProcesses: 1 } },
        ...(limits !== undefined && { limits }),
        ...(languages !== undefined && { languages }),
      },
      packageFolders: readableFolders(source),
      // Variables of the developer's shell must not influence a test.
      environment: {},
      authenticate: async () => visitors.current(),
      outside: {
        egress: network.egress,
        opened(data, sandbox) {
          inside = { data, sandbox }
        },
        handlers: (handlers) => faults.around(calls.around(network.handlers(handlers))),
        now: time.now,
        clockAheadMs: time.ahead,
      },
    })
    const { id } = await install(runtime, source, options)
    if (inside === undefined) throw new Error('The runtime has no data of plugins')
    return createTestPlugin({ id, runtime, visitors, faults, time, calls, ...inside, close })
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

/** A test runner shows only the message. */
function inWords(error: PlugbayError): PlugbayError {
  if (error.problems.length === 0) return error
  const message = error.problems.map(formatProblem).join('\n\n')
  return new PlugbayError(error.code, message, { problems: error.problems, cause: error })
}
