// env.files: the shape of a bucket of R2 over the host calls of the bucket. Contents stream both ways.

import type {
  Bucket,
  BucketEstimate,
  BucketList,
  BucketListOptions,
  BucketMultipartUpload,
  BucketUploadedPart,
} from '../../../../sdk/plugin-api/bucket.ts'
import { judge } from '../../../../sdk/protocol/bucket-condition.ts'
import type { WireList, WireObject, WireUpload } from '../../../../sdk/protocol/bucket-wire.ts'
import { objectOf, objectWithBody } from './bucket-object.ts'
import { type ByteRange, conditionOf, putOptionsOf, rangeOf } from './bucket-options.ts'
import { fileResponse } from './file-response.ts'
import { receiveFile } from './file-upload.ts'
import type { HostCall } from './host-calls.ts'
import type { StreamingCall } from './streaming-call.ts'

const { freeze } = Object
const { stringify } = JSON
const { isArray } = Array
/** Of a key: what is longer is refused here, before it is copied to the host. */
const MAX_KEY = 1024

export function createFiles(call: HostCall, streamingCall: StreamingCall): Bucket {
  const find = async (key: unknown) => (await call('bucket.head', [keyOf(key)])).head as WireObject | null
  const bodyOf = (found: WireObject, range?: ByteRange) => objectWithBody(found, range, streamingCall)

  const files = {
    async head(key: string) {
      const found = await find(key)
      return found === null ? null : objectOf(found)
    },

    async get(key: string, options: { readonly onlyIf?: unknown; readonly range?: unknown } = {}) {
      const condition = conditionOf(options.onlyIf)
      const found = await find(key)
      if (found === null) return null
      if (!judge(condition, found).holds) return objectOf(found)
      const range = rangeOf(options.range, found.size)
      if (range === null)
        throw new RangeError(`The file "${key}" has ${found.size} bytes, and none in that range`)
      return bodyOf(found, range)
    },

    async put(key: string, value: unknown, options?: unknown) {
      const { head } = await streamingCall('bucket.put', [keyOf(key), putOptionsOf(options)], value)
      return head === null ? null : objectOf(head as WireObject)
    },

    async delete(keys: string | readonly string[]) {
      await call('bucket.delete', [isArray(keys) ? keys.map(keyOf) : keyOf(keys)])
    },

    async list(options: BucketListOptions = {}): Promise<BucketList> {
      const { limit, prefix, cursor, delimiter, startAfter, include = [] } = options
      const wanted = { limit, prefix, cursor, delimiter, startAfter }
      const { head } = await call('bucket.list', [wanted])
      const { objects, prefixes, cursor: next } = head as WireList
      const withHttp = include.includes('httpMetadata')
      const withCustom = include.includes('customMetadata')
      return {
        objects: objects.map(({ http, custom, ...facts }) =>
          objectOf({
            ...facts,
            ...(withHttp && http !== undefined && { http }),
            ...(withCustom && custom !== undefined && { custom }),
          }),
        ),
        truncated: next !== undefined,
        ...(next !== undefined && { cursor: next }),
        delimitedPrefixes: prefixes,
      }
    },

    async estimate() {
      return (await call('bucket.estimate', [])).head as BucketEstimate
    },

    async createMultipartUpload(key: string, options?: unknown) {
      const { http, custom } = putOptionsOf(options)
      const { head } = await call('bucket.createUpload', [keyOf(key), { http, custom }])
      return uploadOf(key, head as string)
    },

    resumeMultipartUpload: (key: string, uploadId: string) => uploadOf(keyOf(key), String(uploadId)),

    async receive(request: Request, key: string, options: { readonly httpMetadata?: unknown } = {}) {
      const kept = putOptionsOf({ httpMetadata: request.headers, ...options })
      const { http, custom } = kept
      return await receiveFile({
        request,
        put: async () => {
          const { head } = await streamingCall('bucket.put', [keyOf(key), { http, custom }], request.body)
          return objectOf(head as WireObject)
        },
        open: async (name, begins) =>
          (await call('bucket.openUpload', [keyOf(key), name, begins ? { http, custom } : null]))
            .head as WireUpload | null,
        uploadOf: (id) => uploadOf(key, id),
        objectOf,
      })
    },

    async respond(request: Request, key: string, options: { readonly headers?: unknown } = {}) {
      const found = await find(key)
      return fileResponse({
        request,
        found,
        headers: options.headers,
        bodyOf: (range) => bodyOf(found as WireObject, range),
      })
    },
  }

  function uploadOf(key: string, uploadId: string): BucketMultipartUpload {
    return freeze({
      key,
      uploadId,
      async uploadPart(partNumber: number, value: unknown) {
        const { head } = await streamingCall('bucket.putPart', [key, uploadId, partNumber], value)
        return { partNumber, etag: head as string }
      },
      async complete(parts: readonly BucketUploadedPart[]) {
        const named = parts.map(({ partNumber, etag }) => ({ partNumber, etag }))
        const { head } = await call('bucket.complete', [key, uploadId], stringify(named))
        return objectOf(head as WireObject)
      },
      async abort() {
        await call('bucket.abort', [key, uploadId])
      },
    }) as BucketMultipartUpload
  }

  return freeze(files) as unknown as Bucket
}

function keyOf(key: unknown): string {
  if (typeof key !== 'string') throw new TypeError('The key of a file is a string')
  if (key.length > MAX_KEY)
    throw new RangeError(`The key has more than ${MAX_KEY} bytes: at most ${MAX_KEY} are allowed`)
  return key
}
