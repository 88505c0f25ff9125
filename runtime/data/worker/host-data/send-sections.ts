// Sections on their way: each a line of JSON (SnapshotSection), and its tar, compressed if that was asked for.
// Invariant: a few sections are in memory, whatever the pace of the reader.

import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import type { SnapshotSection } from '../../../../sdk/protocol/host-data.ts'
import type { PackedSection } from './pack-parts.ts'

/** Compressed at once, each by a thread of the pool, while the next is read. */
const AT_ONCE = 3

const compress = promisify(zstdCompress)

export async function* sendSections(
  sections: Iterable<PackedSection>,
  isCompressed: boolean,
): AsyncGenerator<Uint8Array, void, void> {
  const underWay: Promise<Ready>[] = []
  for (const section of sections) {
    const ready = prepare(section, isCompressed)
    // It is reported in its turn.
    ready.catch(() => undefined)
    underWay.push(ready)
    if (underWay.length >= AT_ONCE) yield* send(await underWay.shift())
  }
  while (underWay.length > 0) yield* send(await underWay.shift())
}

interface Ready {
  readonly section: PackedSection
  readonly bytes: Uint8Array
}

async function prepare(section: PackedSection, isCompressed: boolean): Promise<Ready> {
  const { tar } = section
  return { section, bytes: isCompressed && tar.byteLength > 0 ? await frameOf(tar) : tar }
}

function* send(ready: Ready | undefined): Generator<Uint8Array, void, void> {
  if (ready === undefined) return
  const { section, bytes } = ready
  const { parts, read, entries } = section
  const head: SnapshotSection = { parts, read, bytes: bytes.byteLength }
  // The entries are JSON already.
  yield Buffer.from(`${JSON.stringify(head).slice(0, -1)},"entries":[${entries.join(',')}]}\n`)
  if (bytes.byteLength > 0) yield bytes
}

/** At level 3 with a checksum, as the command line tool. */
function frameOf(tar: Uint8Array): Promise<Uint8Array> {
  const { ZSTD_c_compressionLevel, ZSTD_c_checksumFlag } = constants
  return compress(tar, {
    // In one piece: each more is a way to the pool and back.
    chunkSize: tar.byteLength + 1024,
    pledgedSrcSize: tar.byteLength,
    params: { [ZSTD_c_compressionLevel]: 3, [ZSTD_c_checksumFlag]: 1 },
  })
}
