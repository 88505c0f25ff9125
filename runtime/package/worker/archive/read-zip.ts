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
 * what systems and editors leave behind, without a single top folder that holds the manifest.
 * Symbolic links are not among the files. The manifest is not checked here, not even for presence.
 */
export function readZip(bytes: Uint8Array, limits: PackageLimits): ReadOutcome {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const problems = problemList()
  const entries = checkArchive(data, { limits, problems })
  const content = entries && readContent(data, { entries, problems })
  const links = (entries ?? []).filter(({ isLink }) => isLink).map(({ path }) => path)
  const laidOut = content && layOut(content, { links, problems })
  if (laidOut === undefined) return { ok: false, problems: problems.list() }
  const passed = laidOut.links.map((path) => ({ path, what: 'is a symbolic link', hint: HINT }))
  return { ok: true, files: laidOut.files, links: passed, packages: new Map(), outsideSql: [] }
}

const HINT = 'Put the file itself into the archive: "plugbay pack <dir>" does, and "zip -r" without "-y"'
