// Reads the bytes of a zip into the files of a package.
// Invariant: a total function with bounded memory and time: any input yields files or problems, never an exception.

import type { PackageLimits } from '../../../config/config.ts'
import type { ReadOutcome } from '../../types.ts'
import { checkArchive } from './archive-check.ts'
import { readContent } from './archive-content.ts'
import { layOut } from './archive-layout.ts'
import { problemList } from './archive-problems.ts'

/**
 * Checks the raw structure of the archive, then extracts its files: sorted by canonical path, without folders, without
 * `__MACOSX/`, `.DS_Store` and `.git/`, without a single top folder that holds the manifest.
 * The manifest is not checked here, not even for presence.
 */
export function readZip(bytes: Uint8Array, limits: PackageLimits): ReadOutcome {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const problems = problemList()
  const entries = checkArchive(data, { limits, problems })
  const content = entries && readContent(data, { entries, problems })
  const files = content && layOut(content, problems)
  return files === undefined ? { ok: false, problems: problems.list() } : { ok: true, files, warnings: [] }
}
