// The package process, as the runtime sees it: unzips, checks and links untrusted packages, with a deadline.
// Invariant: the runtime itself never unzips, parses or compiles the content of a package.

import { statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, diskErrorCode } from '../../plugin-store/store-error.ts'
import { childEntry } from '../bundles/children.ts'
import type { PackageLimits } from '../config/config.ts'
import { PlugbayError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Jail } from '../processes/jail/jail.ts'
import { residentBytesOfTree } from '../processes/process-figures.ts'
import { WorkerClient } from '../processes/worker-client.ts'
import { SerialQueue } from '../serial-queue.ts'
import type { PackageReply, PackageReport, PackageSource } from './types.ts'

/** A report, and the folder with the artifact's files if there were no problems. The caller moves or removes it. */
export interface StagedPackage {
  readonly report: PackageReport
  readonly folder: string
}

export interface PackageProcess {
  /** Checks only. Rejects with DEADLINE or PROCESS_CRASHED; problems of the package are in the report. */
  check(source: PackageSource): Promise<PackageReport>
  /** Checks and, without problems, writes the checked files as a zip to `zip`, a new file below `staging`. */
  pack(source: PackageSource, zip: string): Promise<PackageReport>
  /** Checks, and writes the artifact's files into a new folder below `staging`. */
  stage(source: PackageSource): Promise<StagedPackage>
  /** Process id, while it runs. */
  readonly pid: number | undefined
  close(): Promise<void>
}

export interface PackageProcessOptions {
  /** An existing folder that holds uploads and receives artifacts. */
  readonly staging: string
  readonly limits: PackageLimits
  /** Whether to make compressed copies of assets; default true. */
  readonly compress?: boolean
  readonly log: Log
  /** None by default. */
  readonly jail?: Jail
  /** Folders that may hold sources of kind "folder". */
  readonly folders?: readonly string[]
}

const DEADLINE_MS = 60_000
const WARM_AFTER_MS = 250
/** Of the process and of esbuild, whose memory nothing else limits. */
const MAX_RESIDENT_BYTES = 1_500_000_000
const WATCH_MS = 100

export function openPackageProcess(options: PackageProcessOptions): PackageProcess {
  const { staging, limits, compress = true, log, folders = [] } = options
  const worker = new WorkerClient({
    name: 'package',
    entry: childEntry('package'),
    rights: { read: [staging, ...folders], write: [staging], childProcess: true, heapMb: 1024 },
    jail: options.jail,
    log,
  })
  /** One package at a time, so that memory is bounded and a kill fails only one package. */
  const queue = new SerialQueue()
  // A jail keeps showing a folder that was removed and recreated (as by switching branches) in its old state.
  let mounted = identitiesOf(folders)
  const remount = (): void => {
    const present = identitiesOf(folders)
    if (present !== mounted) worker.kill('a folder was replaced')
    mounted = present
  }
  const ask = async (
    source: PackageSource,
    target: { readonly staging?: string; readonly zip?: string } = {},
  ): Promise<PackageReport> => {
    if (source.kind === 'folder') remount()
    const call = worker.call(JSON.stringify({ source, limits, compress, ...target }), undefined, DEADLINE_MS)
    const watch = setInterval(() => {
      if (residentBytesOfTree(worker.pid ?? 0) > MAX_RESIDENT_BYTES)
        worker.kill('the package needs too much memory')
    }, WATCH_MS)
    const { head } = await call.finally(() => clearInterval(watch))
    const { report, isSpent } = JSON.parse(head) as PackageReply
    if (isSpent) worker.kill('its esbuild has ended')
    return report
  }

  // A start ahead of need must not take CPU from the start of the server.
  const warming = setTimeout(() => worker.warm(), WARM_AFTER_MS).unref()
  return {
    check: (source) => queue.run(() => ask(source)),
    pack: (source, zip) => queue.run(() => ask(source, { zip })),
    stage: (source) =>
      queue.run(async () => {
        const folder = await mkdtemp(join(staging, 'artifact-')).catch((error: unknown) => {
          throw toDiskError(error)
        })
        try {
          const report = await ask(source, { staging: folder })
          if (!report.ok) await rm(folder, { recursive: true, force: true })
          return { report, folder }
        } catch (error) {
          await rm(folder, { recursive: true, force: true })
          throw toDiskError(error)
        }
      }),
    get pid() {
      return worker.pid
    },
    async close() {
      clearTimeout(warming)
      await worker.close()
    },
  }
}

function identitiesOf(folders: readonly string[]): string {
  return folders
    .map((folder) => {
      const stats = statSync(folder, { throwIfNoEntry: false })
      return `${stats?.dev}:${stats?.ino}`
    })
    .join()
}

function toDiskError(error: unknown): PlugbayError {
  if (error instanceof PlugbayError) return error
  return new PlugbayError(diskErrorCode(codeOf(error)) ?? 'INTERNAL', String(error), { cause: error })
}
