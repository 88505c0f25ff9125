// What only a try can tell: whether the migrations run on an empty database, and the backend loads. The package goes the way of an upload, in a
// runtime of its own with a data folder of its own, in the same walls.
// Invariant: nothing that the plugin does there reaches a network or a device; the folder is removed.

import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { UsbBackend } from '../devices/usb/usb.ts'
import { type ErrorCode, PlugbayError, type Problem } from '../errors.ts'
import type { PackageSource } from '../package/types.ts'
import { createRuntime } from '../runtime.ts'
import { folderSource, readableFolders } from '../samples/folder-source.ts'
import type { Trial } from './parts.ts'

/** Other outcomes depend on the server: on its version, its application, its settings and what is installed there. */
const OF_PACKAGE: ReadonlySet<ErrorCode> = new Set(['LOAD_FAILED', 'MIGRATION_FAILED', 'HANDLER_MISSING'])

/** For a package that has passed the other checks. Rejects with errors of the machine only. */
export async function tryPackage(source: PackageSource): Promise<Trial> {
  const real =
    source.kind === 'folder'
      ? await folderSource(source.path)
      : { ...source, path: await realpath(source.path) }
  const data = await mkdtemp(join(await realpath(tmpdir()), 'plugbay-check-'))
  try {
    const runtime = await createRuntime({
      config: { data, logLevel: 'silent', sandbox: { maxProcesses: 1 } },
      packageFolders: real.kind === 'folder' ? readableFolders(real) : [real.path],
      environment: {},
      network: { resolve: () => Promise.reject(new Error('A check reaches no network')) },
      usb: NO_USB,
    })
    try {
      const { installation } = await runtime.plugins.upload(real, {
        actor: 'check',
        enable: true,
        grant: 'all',
      })
      const { problem } = installation
      if (problem === null) return { problems: [], untried: null }
      return OF_PACKAGE.has(problem.code as ErrorCode)
        ? { problems: [problem], untried: null }
        : { problems: [], untried: problem.message }
    } catch (error) {
      if (!(error instanceof PlugbayError)) throw error
      const problems: readonly Problem[] =
        error.problems.length > 0 ? error.problems : [{ code: error.code, message: error.message }]
      return OF_PACKAGE.has(error.code)
        ? { problems, untried: null }
        : { problems: [], untried: problems.map(({ message }) => message).join('; ') }
    } finally {
      await runtime.close()
    }
  } finally {
    await rm(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
}

const NO_USB: UsbBackend = {
  list: async () => [],
  watch: async () => async () => undefined,
  connect: () => {
    throw new PlugbayError('DEVICE_GONE')
  },
  pids: [],
  close: async () => undefined,
}
