// Files and folders as the sections of a snapshot in parts: entries, and the contents that are new, as files of a tar.
// Invariant: a part is hashed as it is sent; an entry comes with its last part or after it.

import { hash } from 'node:crypto'
import type { SnapshotEntry } from '../../../../sdk/protocol/host-data.ts'
import type { KnownParts } from './known-parts.ts'
import { BLOCK, decimal, tarHeader } from './tar-header.ts'
import { type Found, type FoundFile, readFully } from './walk-folder.ts'

const PART_BYTES = 4 * 1024 * 1024
/** Of a tar; more where one part is longer. */
const SECTION_BYTES = 2 * 1024 * 1024
/** Characters of entries. */
const SECTION_TEXT = 128 * 1024
/** Of contents that are read for one section: the reader sees that the snapshot advances, also where all is known. */
const SECTION_READ = 16 * 1024 * 1024

export interface PackedSection {
  /** "<SHA-256> <bytes>" */
  readonly parts: readonly string[]
  /** Each as JSON. */
  readonly entries: readonly string[]
  /** Bytes of contents. */
  readonly read: number
  /** Empty without parts. */
  readonly tar: Uint8Array
}

export function* packParts(
  entries: Iterable<Found>,
  known: KnownParts,
): Generator<PackedSection, void, void> {
  const section = new Section()
  for (const found of entries) {
    const { path, stats } = found
    const common = { path, mode: Number(stats.mode & 0o777n), time: decimal(stats.mtimeNs) }
    if (found.type === 'folder') section.enter({ ...common, type: 'folder' })
    else {
      const parts = yield* packFile(found, section, known)
      section.enter({ ...common, type: 'file', size: found.size, parts })
    }
    if (section.isDue) yield* section.take()
  }
  yield* section.take()
}

function* packFile(
  { fd, size }: FoundFile,
  section: Section,
  known: KnownParts,
): Generator<PackedSection, readonly string[], void> {
  const parts: string[] = []
  for (let start = 0; start < size; start += PART_BYTES) {
    const bytes = Math.min(PART_BYTES, size - start)
    if (section.isDue || !section.hasRoom(bytes)) yield* section.take()
    const space = section.space(bytes)
    readFully(fd, space, start)
    const name = hash('sha256', space, 'hex')
    parts.push(name)
    if (known.add(name)) section.keep(name, bytes)
  }
  return parts
}

class Section {
  #tar = Buffer.alloc(0)
  #length = 0
  #parts: string[] = []
  /** As JSON. */
  #entries: string[] = []
  #text = 0
  #read = 0

  get isDue(): boolean {
    return this.#text > SECTION_TEXT || this.#read > SECTION_READ
  }

  enter(entry: SnapshotEntry): void {
    const text = JSON.stringify(entry)
    this.#entries.push(text)
    this.#text += text.length
  }

  hasRoom(bytes: number): boolean {
    return this.#length === 0 || this.#length + packedSize(bytes) <= this.#tar.length
  }

  /** Where the content of the next part is read to. */
  space(bytes: number): Buffer {
    if (this.#length + packedSize(bytes) > this.#tar.length)
      this.#tar = Buffer.allocUnsafeSlow(Math.max(SECTION_BYTES, packedSize(bytes)))
    this.#read += bytes
    const start = this.#length + BLOCK
    return this.#tar.subarray(start, start + bytes)
  }

  /** What was read to the space becomes a part of the section. */
  keep(name: string, bytes: number): void {
    const entry = { path: name, size: bytes, mtimeNs: 0n, mode: 0o644, uid: 0, gid: 0, type: 'file' } as const
    tarHeader(entry).copy(this.#tar, this.#length)
    const end = this.#length + packedSize(bytes)
    this.#tar.fill(0, this.#length + BLOCK + bytes, end)
    this.#length = end
    this.#parts.push(`${name} ${bytes}`)
  }

  *take(): Generator<PackedSection, void, void> {
    if (this.#text === 0 && this.#read === 0) return
    yield {
      parts: this.#parts,
      entries: this.#entries,
      read: this.#read,
      tar: this.#tar.subarray(0, this.#length),
    }
    // What was given out belongs to its reader.
    if (this.#length > 0) this.#tar = Buffer.alloc(0)
    this.#length = 0
    this.#parts = []
    this.#entries = []
    this.#text = 0
    this.#read = 0
  }
}

function packedSize(bytes: number): number {
  return BLOCK + Math.ceil(bytes / BLOCK) * BLOCK
}
