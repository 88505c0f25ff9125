// Snapshots in packs that are being made, and their packs as streams: each is read while the process of its snapshot fills it.
// Invariant: who began a snapshot reads its packs, and no one else; a pack that is not read to its end ends the snapshot.

import { randomUUID } from 'node:crypto'
import { PlugbayError } from '../../errors.ts'
import type { TransferProcess } from '../snapshots/transfer-process.ts'
import { byteStream } from './byte-stream.ts'
import type { HostDataCall } from './host-data-call.ts'

interface Filling {
  readonly plugin: string | null
  readonly process: TransferProcess<HostDataCall>
}

export interface PackWanted {
  readonly plugin: string
  /** What the file begins with. */
  readonly head: AsyncIterable<Uint8Array>
  /** In base64, of a payload of age; null for one that is not sealed. */
  readonly key: string | null
}

/** A header of age has a line or two for each recipient. */
const MAX_HEAD = 64 * 1024

export class Fillings {
  readonly #open = new Map<string, Filling>()

  /** @returns the name of the packs */
  begin(filling: Filling): string {
    const name = randomUUID()
    this.#open.set(name, filling)
    return name
  }

  end(name: string): void {
    this.#open.delete(name)
  }

  /**
   * The pack that is being filled, or will be next, as a file. Rejects with NOT_FOUND and QUOTA_EXCEEDED; fails with STATE_CONFLICT while another
   * one is read, and as the snapshot does.
   */
  async read(name: string, { plugin, head, key }: PackWanted): Promise<ReadableStream<Uint8Array>> {
    const filling = this.#open.get(name)
    if (filling?.plugin !== plugin)
      throw new PlugbayError('NOT_FOUND', 'There is no snapshot of that name that is being made')
    return byteStream(packOf(filling.process, key, await shortOf(head)))
  }
}

async function* packOf(
  process: TransferProcess<HostDataCall>,
  key: string | null,
  head: Uint8Array,
): AsyncGenerator<Uint8Array, void, void> {
  let isWhole = false
  try {
    yield* process.download({ method: 'readPack', key }, head)
    isWhole = true
  } finally {
    // The process that fills it would wait for ever.
    if (!isWhole) await process.close()
  }
}

async function shortOf(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of bytes) {
    chunks.push(chunk)
    length += chunk.byteLength
    if (length > MAX_HEAD)
      throw new PlugbayError('QUOTA_EXCEEDED', `What a pack begins with has more than ${MAX_HEAD} bytes`)
  }
  return Buffer.concat(chunks)
}
