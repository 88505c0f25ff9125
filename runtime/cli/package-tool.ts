// The package process for commands: checks and packs in a child that can be killed.
// Invariant: it writes only to a temporary folder, which close() removes.

import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PackageLimits } from '../config/config.ts'
import { createLog } from '../log.ts'
import { openPackageProcess, type PackageProcess } from '../package/package-process.ts'
import type { PackageSource } from '../package/types.ts'
import { folderSource, readableFolders } from '../samples/folder-source.ts'
import type { PackageTool } from './parts.ts'

/** Opens the tool; the caller closes it. */
export async function openPackageTool(): Promise<PackageTool> {
  const staging = await realpath(await mkdtemp(join(tmpdir(), 'plugbay-')))
  return {
    check: (source, { limits }) =>
      withProcess(source, { limits, staging }, (packages, real) => packages.check(real)),
    pack: (path, { limits }) =>
      withProcess({ kind: 'folder', path }, { limits, staging }, async (packages, real) => {
        const zip = join(staging, 'package.zip')
        const report = await packages.pack(real, zip)
        return { report, bytes: report.ok ? new Uint8Array(await readFile(zip)) : null }
      }),
    close: () => rm(staging, { recursive: true, force: true }),
  }
}

async function withProcess<T>(
  source: PackageSource,
  options: { readonly limits: PackageLimits; readonly staging: string },
  use: (packages: PackageProcess, real: PackageSource) => Promise<T>,
): Promise<T> {
  // The child may read real paths only, not links to them.
  const real =
    source.kind === 'folder'
      ? await folderSource(source.path)
      : { ...source, path: await realpath(source.path) }
  const folders = real.kind === 'folder' ? readableFolders(real) : [real.path]
  const packages = openPackageProcess({ ...options, log: createLog('error'), folders })
  try {
    return await use(packages, real)
  } finally {
    await packages.close()
  }
}
