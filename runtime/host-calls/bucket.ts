// The host calls behind env.files: keys and metadata are passed to the plugin's data process, contents stream past it.
// Invariant: a content that stands still ends, whichever side it waits for.

import { isWantedDigest, parseFileBody, type WirePutOptions } from '../../sdk/protocol/bucket-wire.ts'
import type { ReceiveStream } from '../../sdk/protocol/streams.ts'
import type { Buckets } from '../data/bucket/buckets.ts'
import { PlugbayError } from '../errors.ts'
import { bytesOf } from '../sandbox/instance/host-streams.ts'
import type { Handlers, RelayHandler } from './host-calls.ts'
import { watchStandstill } from './standstill.ts'

type BucketHandlers = Pick<Handlers, Extract<keyof Handlers, `bucket.${string}`>>

/**
 * @limit `env.files`: time that a content may stand still while it is stored, in ms
 * @passed an error with the code `HOST_CALL_FAILED` is thrown, and nothing has changed
 */
const STANDSTILL_MS = 60_000

export function bucketHandlers(buckets: Buckets): BucketHandlers {
  const relay =
    (
      method:
        | 'bucket.head'
        | 'bucket.list'
        | 'bucket.delete'
        | 'bucket.createUpload'
        | 'bucket.openUpload'
        | 'bucket.complete'
        | 'bucket.abort',
    ): RelayHandler =>
    ({ pluginId, limits }, args, body) =>
      buckets.relay(method, { pluginId, args, quotaBytes: limits.filesBytes }, body)
  return {
    'bucket.head': relay('bucket.head'),
    'bucket.list': relay('bucket.list'),
    'bucket.delete': relay('bucket.delete'),
    'bucket.createUpload': relay('bucket.createUpload'),
    'bucket.openUpload': relay('bucket.openUpload'),
    'bucket.complete': relay('bucket.complete'),
    'bucket.abort': relay('bucket.abort'),

    async 'bucket.estimate'({ pluginId, limits }) {
      return { head: { usage: await buckets.usedBytes(pluginId), quota: limits.filesBytes } }
    },

    async 'bucket.read'({ pluginId }, [body]) {
      const wanted = parseFileBody(body)
      if (wanted === undefined)
        throw new PlugbayError('HOST_CALL_INVALID', 'The range of the file is not one')
      const reading = await buckets.read(pluginId, wanted)
      return { head: null, stream: reading.pieces() }
    },

    async 'bucket.put'({ pluginId, limits }, [key, given], body, { upload, signal }) {
      const options = (given ?? {}) as WirePutOptions
      if (!isWantedDigest(options.digest))
        throw new PlugbayError('HOST_CALL_INVALID', 'The digest is not one in hex')
      const content = arriving(body, upload, signal)
      try {
        const stored = await buckets.put(
          pluginId,
          { key, options },
          { ...content, quotaBytes: limits.filesBytes },
        )
        return { head: stored }
      } finally {
        content.stop()
      }
    },

    async 'bucket.putPart'({ pluginId, limits }, [key, id, number], body, { upload, signal }) {
      const content = arriving(body, upload, signal)
      try {
        const part = { key, upload: id, number }
        return { head: await buckets.putPart(pluginId, part, { ...content, quotaBytes: limits.filesBytes }) }
      } finally {
        content.stop()
      }
    },
  }
}

function arriving(body: Uint8Array | undefined, upload: ReceiveStream | undefined, ended: AbortSignal) {
  const late = () =>
    new PlugbayError('HOST_CALL_FAILED', `Nothing of the content has come for ${STANDSTILL_MS / 1000} s`)
  const { signal, moved, stop } = watchStandstill(ended, STANDSTILL_MS, late)
  return { source: upload === undefined ? whole(body) : moving(bytesOf(upload), moved), signal, stop }
}

async function* moving(source: AsyncIterable<Uint8Array>, moved: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    moved()
    yield chunk
  }
}

async function* whole(body: Uint8Array | undefined): AsyncGenerator<Uint8Array> {
  if (body !== undefined) yield body
}
