// The identity of a package's content.
// Invariant: it depends on paths and bytes only, so zips of the same folder by different tools have the same hash.

import { createHash } from 'node:crypto'
import type { PackageFiles } from '../../types.ts'

/** Hex SHA-256 over one line `<hex SHA-256 of the file>  <path>\n` per file, sorted by path (code units). */
export function contentHash(files: PackageFiles): string {
  const hash = createHash('sha256')
  for (const path of [...files.keys()].sort()) {
    const content = files.get(path) ?? new Uint8Array()
    hash.update(`${createHash('sha256').update(content).digest('hex')}  ${path}\n`)
  }
  return hash.digest('hex')
}
