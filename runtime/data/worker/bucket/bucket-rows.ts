// Rows of a plugin's bucket as values: an object with what is known of it, digests in hex.

import type { WireObject } from '../../../../sdk/protocol/bucket-wire.ts'
import type { Row } from '../rows.ts'
import type { Metadata } from './bucket-request.ts'

export const FACTS = 'id, size, etag, uploaded_ms, meta'

export function objectOf(row: Row, key: Uint8Array): WireObject {
  return {
    id: Number(row.id),
    key: Buffer.from(key).toString(),
    size: Number(row.size),
    etag: String(row.etag),
    uploaded: Number(row.uploaded_ms),
    ...(JSON.parse(String(row.meta)) as Metadata),
  }
}

export function hexOf(value: unknown): string {
  return Buffer.from(bytesOf(value)).toString('hex')
}

export function bytesOf(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError('A column holds no bytes')
  return value
}
