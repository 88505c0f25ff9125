// Reads the indexes of an artifact's folder and opens the byte files that they name.
// Invariant: an index is valid only together with the very file that it names.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArtifactFiles } from './artifact-files.ts'
import { expectSpans, parseContentIndex, parseDerivedIndex } from './artifact-index.ts'
import {
  CONTENT_BYTES,
  CONTENT_INDEX,
  type ContentIndex,
  DERIVED_INDEX,
  type DerivedIndex,
} from './format/artifact-format.ts'

/** Rejects with INTERNAL for a damaged artifact, or with the error of the file system. */
export async function readContent(folder: string, files: ArtifactFiles): Promise<ContentIndex> {
  const size = await files.add(CONTENT_BYTES)
  return parseContentIndex(await readFile(join(folder, CONTENT_INDEX), 'utf8'), size)
}

/** Rejects with INTERNAL for a damaged artifact, or with the error of the file system. */
export async function readDerived(folder: string, files: ArtifactFiles): Promise<DerivedIndex> {
  const read = async () => parseDerivedIndex(await readFile(join(folder, DERIVED_INDEX), 'utf8'))
  let derived = await read()
  let size: number
  try {
    size = await files.add(derived.bytes)
  } catch (error) {
    // Between the two steps, stronger copies may have replaced the named file: that happens at most once.
    const again = (error as { code?: unknown }).code === 'ENOENT' ? await read() : derived
    if (again.bytes === derived.bytes) throw error
    derived = again
    size = await files.add(derived.bytes)
  }
  expectSpans(derived, size)
  return derived
}
