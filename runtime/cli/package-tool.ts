// The package process as the commands use it: checked in a child that can be killed, then packed from the same folder.
// Invariant: a temporary folder is all that it writes to, and that is gone after close().

import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PackageLimits } from '../config.ts'
import { PlugbayError } from '../errors.ts'
import { createLog } from '../log.ts'
import { openPackageProcess } from '../package/package-process.ts'
import type { PackageReport, PackageSource } from '../package/types.ts'
import { readFolder } from '../package/worker/read-folder.ts'
import { writeZip } from '../package/worker/write-zip.ts'
import type { PackageTool } from './parts.ts'

/** Opens the tool; the caller closes it. */
export async function openPackageTool(): Promise<PackageTool> {
  const staging = await realpath(await mkdtemp(join(tmpdir(), 'plugbay-')))
  const check = (source: PackageSource, limits: PackageLimits) => checkOnce(source, { limits, staging })
  return {
    check: (source, { limits }) => check(source, limits),
    async pack(folder, { limits }) {
      const report = await check({ kind: 'folder', path: folder }, limits)
      if (!report.ok) return { report, bytes: null }
      // The author's own files, already checked, are only read and deflated here: nothing is parsed but the manifest.
      const read = await readFolder(folder, limits)
      if (!read.ok) {
        throw new PlugbayError('FILE_UNUSABLE', 'The folder changed while it was packed', {
          problems: read.problems,
        })
      }
      return { report, bytes: new Uint8Array(writeZip(read.files)) }
    },
    close: () => rm(staging, { recursive: true, force: true }),
  }
}

async function checkOnce(
  source: PackageSource,
  options: { readonly limits: PackageLimits; readonly staging: string },
): Promise<PackageReport> {
  // The child may read what is real, not what links point to.
  const path = await realpath(source.path)
  const packages = openPackageProcess({ ...options, log: createLog('error'), folders: [path] })
  try {
    return await packages.check({ ...source, path })
  } finally {
    await packages.close()
  }
}
