// The files of a plugin's bucket (env.files), for tests that fill it or look at it.
// Invariant: keys, metadata and quota are checked as for the plugin; only the grant is not asked.

import type { WireList, WireObject } from '../../sdk/protocol/bucket-wire.ts'
import type { OutsideData } from '../host-calls/outside.ts'

export interface TestFile {
  readonly key: string
  readonly size: number
  readonly etag: string
  readonly uploaded: Date
  readonly httpMetadata: Readonly<Record<string, string | Date>>
  readonly customMetadata: Readonly<Record<string, string>>
  bytes(): Promise<Uint8Array>
  text(): Promise<string>
  json<T = unknown>(): Promise<T>
}

export interface TestFileOptions {
  readonly httpMetadata?: {
    readonly contentType?: string
    readonly contentLanguage?: string
    readonly contentDisposition?: string
    readonly contentEncoding?: string
    readonly cacheControl?: string
    readonly cacheExpiry?: Date
  }
  readonly customMetadata?: Readonly<Record<string, string>>
}

export interface TestFiles {
  /** Null for a file that is not there. */
  get(key: string): Promise<TestFile | null>
  /** Text and bytes as they are, anything else as JSON. Rejects with QUOTA_EXCEEDED. */
  put(key: string, content: unknown, options?: TestFileOptions): Promise<void>
  delete(key: string): Promise<void>
  /** All keys with that prefix, at most 1,000. */
  keys(prefix?: string): Promise<readonly string[]>
}

export interface StoredFilesParts {
  readonly pluginId: string
  readonly buckets: OutsideData['buckets']
  readonly quotaBytes: number
}

export function storedFiles({ pluginId, buckets, quotaBytes }: StoredFilesParts): TestFiles {
  const relay = async (method: 'bucket.head' | 'bucket.list' | 'bucket.delete', ...args: unknown[]) => {
    const call = { pluginId, args: JSON.stringify(args), quotaBytes }
    return JSON.parse((await buckets.relay(method, call, undefined)).text) as unknown
  }
  return {
    async get(key) {
      const found = (await relay('bucket.head', key)) as WireObject | null
      return found === null ? null : fileOf(found, { pluginId, buckets })
    },
    async put(key, content, { httpMetadata, customMetadata } = {}) {
      const { cacheExpiry, ...texts } = httpMetadata ?? {}
      const http = { ...texts, ...(cacheExpiry !== undefined && { cacheExpiry: cacheExpiry.getTime() }) }
      const options = { http, ...(customMetadata !== undefined && { custom: customMetadata }) }
      const { signal } = new AbortController()
      await buckets.put(pluginId, { key, options }, { source: once(bytesOf(content)), quotaBytes, signal })
    },
    async delete(key) {
      await relay('bucket.delete', key)
    },
    async keys(prefix = '') {
      return ((await relay('bucket.list', { prefix })) as WireList).objects.map(({ key }) => key)
    },
  }
}

function fileOf(wire: WireObject, { pluginId, buckets }: Omit<StoredFilesParts, 'quotaBytes'>): TestFile {
  const { id, key, size, etag, uploaded, http: { cacheExpiry, ...texts } = {}, custom = {} } = wire
  const bytes = async (): Promise<Uint8Array> => {
    const pieces: Uint8Array[] = []
    const reading = await buckets.read(pluginId, { id, start: 0, length: size })
    for await (const piece of reading.pieces()) pieces.push(piece)
    return new Uint8Array(Buffer.concat(pieces))
  }
  const text = async () => new TextDecoder().decode(await bytes())
  return {
    ...{ key, size, etag, uploaded: new Date(uploaded), customMetadata: custom, bytes, text },
    httpMetadata: { ...texts, ...(cacheExpiry !== undefined && { cacheExpiry: new Date(cacheExpiry) }) },
    json: async <T>() => JSON.parse(await text()) as T,
  }
}

export function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes
}
