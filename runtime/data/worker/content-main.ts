// The content process: writes contents that arrive to files, and makes their digests. It knows neither plugins nor keys.
// Invariant: it holds no more of a content than a window of its stream.

import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { ArrivedContent, DigestName } from '../../../sdk/protocol/bucket-wire.ts'
import { bytesOf } from '../../../sdk/protocol/stream-bytes.ts'
import { confineProcess } from '../../processes/child/confine.ts'
import { serveWorker } from '../../processes/child/serve-worker.ts'
import type { ContentCall } from '../bucket/content-call.ts'
import { diskErrorOf } from './data-error.ts'

serveWorker<ContentCall>(async ({ path, digest }, body, upload) => {
  const source = upload === undefined ? [body ?? new Uint8Array()] : bytesOf(upload)
  try {
    return { head: await receive(source, path, digest) }
  } catch (error) {
    throw diskErrorOf(error) ?? error
  }
})
confineProcess()

async function receive(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  path: string,
  digest: DigestName | null,
): Promise<ArrivedContent> {
  const sha256 = createHash('sha256')
  const other = digest === null || digest === 'sha256' ? undefined : createHash(digest)
  const file = await open(path, 'wx', 0o600)
  let size = 0
  try {
    for await (const chunk of source) {
      sha256.update(chunk)
      other?.update(chunk)
      size += chunk.byteLength
      for (let done = 0; done < chunk.byteLength; )
        done += (await file.write(chunk, done, chunk.byteLength - done)).bytesWritten
    }
  } finally {
    await file.close()
  }
  const name = sha256.digest('hex')
  const digests = digest === null ? {} : { [digest]: other?.digest('hex') ?? name }
  return { sha256: name, size, digests }
}
