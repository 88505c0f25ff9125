// Writes the files of an artifact into an empty folder. The permission model forbids fsync here: the store flushes them when it
// publishes the artifact (publishArtifact).
// Invariant: an index is written after the bytes that it points to; no name of a package becomes a file name.

import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import {
  ARTIFACT_FORMAT,
  BACKEND_CODE,
  BACKEND_MAP,
  CONTENT_BYTES,
  CONTENT_INDEX,
  type ContentEntry,
  type ContentIndex,
  DERIVED_BYTES,
  DERIVED_INDEX,
  type DerivedIndex,
  type DerivedPage,
  type DerivedPart,
} from '../../format/artifact-format.ts'
import { mediaTypeOf } from '../../format/media-types.ts'
import type { PackageFiles } from '../../types.ts'

/** Bytes for derived.bin, in order. */
export type DerivedBytes = Pick<DerivedPart, 'path' | 'use' | 'encoding'> & { readonly bytes: Uint8Array }

export interface ArtifactParts {
  readonly content: Omit<ContentIndex, 'format' | 'entries' | 'backend'>
  readonly files: PackageFiles
  readonly code: { readonly code: string; readonly map: string } | null
  readonly derived: readonly DerivedBytes[]
  readonly pages: readonly DerivedPage[]
}

/** Rejects with the error of the file system; the folder may then hold some of the files. */
export async function writeArtifact(folder: string, parts: ArtifactParts): Promise<void> {
  const entries: ContentEntry[] = []
  let offset = 0
  for (const [path, bytes] of parts.files) {
    entries.push({ path, offset, size: bytes.length, sha256: sha256(bytes), type: mediaTypeOf(path).type })
    offset += bytes.length
  }
  const content: ContentIndex = {
    format: ARTIFACT_FORMAT,
    ...parts.content,
    backend: parts.code !== null,
    entries,
  }
  await writeFileOnce(join(folder, CONTENT_BYTES), [...parts.files.values()])
  await writeFileOnce(join(folder, CONTENT_INDEX), [Buffer.from(JSON.stringify(content))])
  if (parts.code !== null) {
    await writeFileOnce(join(folder, BACKEND_CODE), [Buffer.from(parts.code.code)])
    await writeFileOnce(join(folder, BACKEND_MAP), [Buffer.from(parts.code.map)])
  }
  await writeDerived(folder, parts)
}

async function writeDerived(folder: string, parts: ArtifactParts): Promise<void> {
  const derivedParts: DerivedPart[] = []
  let offset = 0
  for (const { bytes, ...part } of parts.derived) {
    derivedParts.push({ ...part, offset, size: bytes.length, sha256: sha256(bytes) })
    offset += bytes.length
  }
  const derived: DerivedIndex = {
    format: ARTIFACT_FORMAT,
    bytes: DERIVED_BYTES,
    strong: false,
    parts: derivedParts,
    pages: parts.pages,
  }
  await writeFileOnce(
    join(folder, DERIVED_BYTES),
    parts.derived.map((part) => part.bytes),
  )
  await writeFileOnce(join(folder, DERIVED_INDEX), [Buffer.from(JSON.stringify(derived))])
}

async function writeFileOnce(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  // "wx": the folder is ours and empty; an existing file must come from elsewhere.
  const file = await open(path, 'wx', 0o644)
  try {
    await writeAll(file, chunks)
  } finally {
    await file.close()
  }
}

async function writeAll(file: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  // writev takes at most 1,024 buffers at once, and may write fewer bytes than given.
  for (let from = 0; from < chunks.length; from += 512) {
    const group = chunks.slice(from, from + 512).filter((chunk) => chunk.length > 0)
    const size = group.reduce((sum, chunk) => sum + chunk.length, 0)
    if (group.length === 0) continue
    const { bytesWritten } = await file.writev(group)
    let rest = bytesWritten < size ? Buffer.concat(group).subarray(bytesWritten) : Buffer.alloc(0)
    while (rest.length > 0) rest = rest.subarray((await file.write(rest)).bytesWritten)
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
