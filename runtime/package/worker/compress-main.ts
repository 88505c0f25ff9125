// The compression process: makes the strongest copies of one asset after the other, in the background.
// Invariant: it may read and write no file except its own code; bytes travel in frames.

import { constants as os, setPriority } from 'node:os'
import { brotliCompressSync, gzipSync, constants as zlib } from 'node:zlib'
import { confineProcess } from '../../processes/child/confine.ts'
import { serveWorker } from '../../processes/child/serve-worker.ts'
import { type CompressionJob, SLICE_BYTES } from '../format/compression.ts'

// On Linux the priority is that of this thread alone, hence the synchronous calls below. SIGKILL works all the same.
setPriority(os.priority.PRIORITY_LOW)

let copy: Uint8Array = new Uint8Array(0)

serveWorker((head, body) => {
  const job = head as CompressionJob
  if ('from' in job) return { head: null, body: copy.subarray(job.from, job.from + SLICE_BYTES) }
  copy = compress(body ?? new Uint8Array(0), job.encoding)
  return { head: { size: copy.length } }
})
confineProcess()

function compress(source: Uint8Array, encoding: 'gzip' | 'br'): Uint8Array {
  if (encoding === 'gzip') return gzipSync(source, { level: zlib.Z_BEST_COMPRESSION })
  return brotliCompressSync(source, {
    params: {
      [zlib.BROTLI_PARAM_QUALITY]: zlib.BROTLI_MAX_QUALITY,
      [zlib.BROTLI_PARAM_SIZE_HINT]: source.length,
    },
  })
}
