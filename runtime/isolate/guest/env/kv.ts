// env.kv: the Workers KV shape over the host calls kv.get, kv.put, kv.increment, kv.delete and kv.list.

import type { Kv, KvListResult, KvPutOptions } from '../../../../sdk/plugin-api/kv.ts'
import { TextDecoder } from '../web/text/encoding.ts'
import type { HostCall } from './host-calls.ts'

type ValueType = 'text' | 'json' | 'arrayBuffer'
type TypeArgument = ValueType | { readonly type?: ValueType } | undefined

interface GetHead {
  readonly found: boolean
  readonly metadata?: unknown
  readonly version?: string
}

export function createKv(call: HostCall): Kv {
  async function read(
    key: string,
    type: TypeArgument,
  ): Promise<{ value: unknown; metadata: unknown; version: string | null }> {
    const wanted = (typeof type === 'object' ? type.type : type) ?? 'text'
    if (!['text', 'json', 'arrayBuffer'].includes(wanted)) {
      throw new TypeError(`kv.get takes "text", "json" or "arrayBuffer", not "${String(wanted)}"`)
    }
    const { head, body } = await call('kv.get', [asKey(key)])
    const { found, metadata = null, version = null } = head as GetHead
    if (!found) return { value: null, metadata: null, version: null }
    return { value: decode(body ?? new Uint8Array(0), wanted), metadata, version }
  }

  const kv = {
    async get(key: string, type?: TypeArgument) {
      return (await read(key, type)).value
    },
    getWithMetadata: read,
    async put(key: string, value: unknown, options: KvPutOptions = {}) {
      const { expiration, expirationTtl, metadata, ifVersion } = options
      const wanted = [asKey(key), { expiration, expirationTtl, metadata, ifVersion }]
      const { head } = await call('kv.put', wanted, encode(value))
      return head === null ? { ok: false } : { ok: true, version: (head as { version: string }).version }
    },
    async increment(key: string, by = 1, options: KvPutOptions = {}) {
      const { expiration, expirationTtl } = options
      return (await call('kv.increment', [asKey(key), by, { expiration, expirationTtl }])).head
    },
    async delete(key: string, options: { ifVersion?: string } = {}) {
      return { ok: (await call('kv.delete', [asKey(key), { ifVersion: options.ifVersion }])).head }
    },
    async list(options: { prefix?: string; limit?: number; cursor?: string } = {}) {
      const { prefix, limit, cursor } = options
      return (await call('kv.list', [{ prefix, limit, cursor }])).head as KvListResult
    },
  }
  return Object.freeze(kv) as unknown as Kv
}

function asKey(key: unknown): string {
  if (typeof key !== 'string') throw new TypeError('A kv key is a string')
  return key
}

function encode(value: unknown): Uint8Array | string {
  if (typeof value === 'string') return value
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  if (ArrayBuffer.isView(value))
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice()
  throw new TypeError(
    'A kv value is a string, an ArrayBuffer or a view of one; use JSON.stringify for other values',
  )
}

function decode(body: Uint8Array, type: ValueType): unknown {
  if (type === 'arrayBuffer') return body.slice().buffer
  const text = new TextDecoder().decode(body)
  return type === 'json' ? JSON.parse(text) : text
}
