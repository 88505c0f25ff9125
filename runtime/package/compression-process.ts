// The compression process, as the runtime sees it: bytes of an asset in, a strongly compressed copy out.
// Invariant: the process has no access to any file, and the size of its result is checked before memory is allocated for it.

import { childEntry } from '../bundles/children.ts'
import { PlugbayError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Jail } from '../processes/jail/jail.ts'
import { WorkerClient } from '../processes/worker-client.ts'
import { type CompressionJob, isWorthKeeping, SLICE_BYTES } from './format/compression.ts'

export interface CompressionProcess {
  /** The copy; null when it is hardly smaller. Rejects with DEADLINE or PROCESS_CRASHED; the next call starts a new process. */
  compress(source: Uint8Array, encoding: 'gzip' | 'br'): Promise<Uint8Array | null>
  /** Process id; undefined between jobs. */
  readonly pid: number | undefined
  /** Kills the process. The next call starts a new one. */
  end(): void
  close(): Promise<void>
}

/** Brotli takes 2.5 s for a megabyte; at the lowest priority on a busy machine, many times that. */
const DEADLINE_MS = 300_000

export function openCompressionProcess(log: Log, jail?: Jail): CompressionProcess {
  const worker = new WorkerClient({
    name: 'compression',
    entry: childEntry('compression'),
    rights: { heapMb: 128 },
    jail,
    log,
  })
  const ask = (job: CompressionJob, body?: Uint8Array) => worker.call(JSON.stringify(job), body, DEADLINE_MS)

  const fetchSlices = async (size: number): Promise<Uint8Array> => {
    const copy = new Uint8Array(size)
    for (let from = 0; from < size; from += SLICE_BYTES) {
      const { body } = await ask({ from })
      if (body?.length !== Math.min(SLICE_BYTES, size - from)) throw notAsAgreed()
      copy.set(body, from)
    }
    return copy
  }
  const notAsAgreed = (): PlugbayError => {
    worker.kill('an answer was not as agreed')
    return new PlugbayError(
      'PROCESS_CRASHED',
      'The compression process gave an answer that was not as agreed',
    )
  }

  return {
    async compress(source, encoding) {
      const { head } = await ask({ encoding }, source)
      const size = sizeIn(head)
      if (size === undefined) throw notAsAgreed()
      return isWorthKeeping(size, source.length) ? await fetchSlices(size) : null
    },
    get pid() {
      return worker.pid
    },
    end: () => worker.kill('nothing to do'),
    close: () => worker.close(),
  }
}

function sizeIn(head: string): number | undefined {
  const match = /^\{"size":(\d{1,10})\}$/.exec(head)
  return match === null ? undefined : Number(match[1])
}
