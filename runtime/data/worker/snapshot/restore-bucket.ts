// Restores the files of a snapshot: reads what is known of them as untrusted input, and stores it in a new database.
// Invariant: only rows that env.files itself could have written enter it, and each refers to contents that have been received and have
// their digest.

import { closeSync, openSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { isKey, parseStoredMetadata } from '../bucket/bucket-request.ts'
import { ENTRY_BYTES, openBucketFile } from '../bucket/bucket-schema.ts'
import { openReceived } from './received-database.ts'
import { damaged, tooLarge } from './snapshot-format.ts'

export interface ListedContent {
  /** In hex. */
  readonly sha256: string
  readonly size: number
}

const MAX_SEGMENTS = 10_000
const BATCH_ROWS = 1000
const MAX_TIME_MS = 8.64e15
const ETAG = /^[0-9a-f]{64}(?:-\d{1,5})?$/
const TABLES = ['object', 'segment', 'content']

/** Most bytes that the database may have. */
export function largestBucketFile(quotaBytes: number): number {
  return quotaBytes + 4_000_000
}

/** The contents that a received database refers to, in the order of a snapshot. @throws DataError SNAPSHOT_INVALID */
export function* listedContents(file: string): Generator<ListedContent> {
  const source = openReceived(file, TABLES, 'files')
  try {
    for (const row of source
      .prepare('SELECT sha256, size FROM content WHERE refs > 0 ORDER BY sha256')
      .iterate()) {
      const { sha256, size } = row
      if (!(sha256 instanceof Uint8Array) || sha256.length !== 32 || !isSize(size))
        throw damaged('it lists a content that is none')
      yield { sha256: Buffer.from(sha256).toString('hex'), size }
    }
  } finally {
    source.close()
  }
}

/**
 * Returns the bytes that count for the quota. @throws DataError SNAPSHOT_INVALID, BODY_TOO_LARGE, or SQLite's error
 * @param from undefined if there is none
 */
export function restoreBucket({ from, to, quotaBytes }: RestoreBucketOptions): number {
  if (from === undefined) {
    // Nothing is known of any file: the next to open it makes the tables.
    closeSync(openSync(to, 'w', 0o600))
    return 0
  }
  const source = openReceived(from, TABLES, 'files')
  const target = openBucketFile(to)
  // The runtime flushes the file when it is complete.
  target.exec('PRAGMA synchronous = OFF')
  try {
    const bytes = copyObjects(source, target, quotaBytes)
    target.prepare('UPDATE usage SET bytes = ? WHERE id = 1').run(bytes)
    return bytes
  } finally {
    source.close()
    target.close()
  }
}

export interface RestoreBucketOptions {
  readonly from: string | undefined
  readonly to: string
  readonly quotaBytes: number
}

function copyObjects(source: DatabaseSync, target: DatabaseSync, quotaBytes: number): number {
  const segmentsOf = source.prepare(
    'SELECT start, sha256, size FROM segment WHERE object = ? ORDER BY start, number LIMIT ?',
  )
  const known = source.prepare('SELECT size FROM content WHERE sha256 = ? AND refs > 0')
  const insertObject = target.prepare(
    'INSERT INTO object (id, key, size, etag, uploaded_ms, meta, cost) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const insertSegment = target.prepare(
    'INSERT INTO segment (object, start, number, sha256, size) VALUES (?, ?, ?, ?, ?)',
  )
  const refer = target.prepare(
    'INSERT INTO content (sha256, size, refs) VALUES (?, ?, 1) ON CONFLICT (sha256) DO UPDATE SET refs = refs + 1 RETURNING refs',
  )
  const objects = source.prepare(
    'SELECT id, key, size, etag, uploaded_ms, meta FROM object WHERE key IS NOT NULL',
  )
  let bytes = 0
  let rows = 0
  target.exec('BEGIN')
  for (const row of objects.iterate()) {
    const { id, key, size, etag, uploaded_ms: uploaded } = row
    const meta = parseStoredMetadata(row.meta)
    const isTime = typeof uploaded === 'number' && Math.abs(uploaded) <= MAX_TIME_MS
    if (
      meta === undefined ||
      !isKey(key) ||
      !isSize(id) ||
      !isSize(size) ||
      !isTime ||
      !ETAG.test(String(etag))
    )
      throw damaged('it holds a file that no plugin could have stored')
    const segments = segmentsOf.all(id, MAX_SEGMENTS + 1)
    if (segments.length > MAX_SEGMENTS) throw damaged('a file has too many parts')
    const text = JSON.stringify(meta)
    const cost = key.length + text.length + ENTRY_BYTES * segments.length
    insertObject.run(id, key, size, String(etag), uploaded, text, cost)
    bytes += cost
    let end = 0
    for (const [number, segment] of segments.entries()) {
      const { start, sha256, size: length } = segment
      const isThere = sha256 instanceof Uint8Array && isSize(length) && known.get(sha256)?.size === length
      if (!isThere || start !== end) throw damaged('a file has a content that is not in it')
      insertSegment.run(id, end, number, sha256, length)
      if (refer.get(sha256, length)?.refs === 1) bytes += length
      end += length
      if (++rows % BATCH_ROWS === 0) target.exec('COMMIT; BEGIN')
    }
    if (end !== size) throw damaged('a file is not as long as it says')
    if (bytes > quotaBytes)
      throw tooLarge(`It holds more than the ${quotaBytes} bytes of files that are allowed`)
  }
  target.exec('COMMIT')
  return bytes
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
