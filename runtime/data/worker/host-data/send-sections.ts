// Sections on their way: each a line of JSON (SnapshotSection), and its tar, compressed if that was asked for, or in packs.
// Invariant: a few sections are in memory, whatever the pace of the reader.

import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import type { SnapshotSection } from '../../../../sdk/protocol/host-data.ts'
import { countPassing } from '../../../processes/child/young-buffers.ts'
import type { PackedSection } from './pack-parts.ts'
import type { Packs } from './packs.ts'

/** Compressed at once, each by a thread of the pool, while the next is read. */
const AT_ONCE = 3

const compress = promisify(zstdCompress)

export async function* sendSections(
  sections: Iterable<PackedSection>,
  isCompressed: boolean,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const { section, bytes } of inTurn(sections, isCompressed)) {
    yield lineOf(section, bytes)
    if (bytes.byteLength > 0) yield bytes
  }
}

/** Only the lines: what they announce goes into packs. A line arrives before its frame. */
export async function* fillPacks(
  sections: Iterable<PackedSection>,
  packs: Packs,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const { section, bytes } of inTurn(sections, true)) {
    if (packs.isFullFor(bytes.byteLength)) yield* endPack(packs)
    yield lineOf(section, bytes)
    if (bytes.byteLength > 0) await packs.put(bytes)
  }
}

/** Says what has become of the pack, unless there is none. */
export async function* endPack(packs: Packs): AsyncGenerator<Uint8Array, void, void> {
  const packed = await packs.end()
  if (packed === undefined) return
  const line: SnapshotSection = { packed, read: 0, bytes: 0 }
  yield Buffer.from(`${JSON.stringify(line)}\n`)
}

interface Ready {
  readonly section: PackedSection
  readonly bytes: Uint8Array
}

async function* inTurn(
  sections: Iterable<PackedSection>,
  isCompressed: boolean,
): AsyncGenerator<Ready, void, void> {
  const underWay: Promise<Ready>[] = []
  for (const section of sections) {
    const ready = prepare(section, isCompressed)
    // It is reported in its turn.
    ready.catch(() => undefined)
    underWay.push(ready)
    const [first] = underWay
    if (underWay.length < AT_ONCE || first === undefined) continue
    underWay.shift()
    yield await first
  }
  for (const ready of underWay) yield await ready
}

async function prepare(section: PackedSection, isCompressed: boolean): Promise<Ready> {
  const { tar } = section
  return { section, bytes: isCompressed && tar.byteLength > 0 ? await frameOf(tar) : tar }
}

function lineOf({ parts, read, entries }: PackedSection, bytes: Uint8Array): Uint8Array {
  const head: SnapshotSection = { parts, read, bytes: bytes.byteLength }
  // The entries are JSON already.
  return Buffer.from(`${JSON.stringify(head).slice(0, -1)},"entries":[${entries.join(',')}]}\n`)
}

/** At level 3 with a checksum, as the command line tool. */
async function frameOf(tar: Uint8Array): Promise<Uint8Array> {
  // Those of the tar and of its frame.
  countPassing(2 * tar.byteLength)
  const { ZSTD_c_compressionLevel, ZSTD_c_checksumFlag } = constants
  return await compress(tar, {
    // In one piece: each more is a way to the pool and back.
    chunkSize: tar.byteLength + 1024,
    pledgedSrcSize: tar.byteLength,
    params: { [ZSTD_c_compressionLevel]: 3, [ZSTD_c_checksumFlag]: 1 },
  })
}
