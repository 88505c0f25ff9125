// The bytes of a snapshot. One line of text: "plugbay-data 1 <bytes of the header> <SHA-256 of the header>"; the header, as
// JSON; then the files that it lists, one directly after the other, with nothing after the last. docs/data.md shows it.
// Invariant: every byte is covered by a checksum, and every size is compared with a cap before it is used.

import { createHash } from 'node:crypto'
import { CONTENTS_FOLDER } from '../../../../sdk/protocol/bucket-wire.ts'
import { DataError } from '../data-error.ts'
import { DATA_FILES } from '../plugin-folder.ts'

/** With files of env.files; without them it is the format of earlier servers, which know no other. */
const FORMATS = { plain: 1, withContents: 2 } as const
/** In their order: the contents of files come after the database that lists them, one directly after the other, in the order of their names. */
const PARTS = [...DATA_FILES, CONTENTS_FOLDER] as const
export const MAX_LINE_BYTES = 128
const MAX_HEADER_BYTES = 16_384
const PLUGIN_ID = /^[a-z][a-z0-9-]{1,62}$/

export interface SnapshotPart {
  readonly name: (typeof PARTS)[number]
  readonly bytes: number
  /** Hex. Of contents: that of their names, in hex, one after the other, since each of them is a SHA-256 itself. */
  readonly sha256: string
}

export interface SnapshotHeader {
  readonly plugin: string
  /** Version of the active release; null without one. */
  readonly version: string | null
  /** ISO 8601: the time that the data was pinned. */
  readonly createdAt: string
  /** In the order of PARTS; missing ones are omitted. */
  readonly parts: readonly SnapshotPart[]
}

/** The first line and the header. */
export function encodeHead(header: SnapshotHeader): Buffer {
  const hasContents = header.parts.some(({ name }) => name === CONTENTS_FOLDER)
  const format = hasContents ? FORMATS.withContents : FORMATS.plain
  const text = Buffer.from(JSON.stringify({ format, ...header }))
  return Buffer.concat([Buffer.from(`plugbay-data ${format} ${text.length} ${sha256(text)}\n`), text])
}

/** @param line without its line feed. @throws DataError SNAPSHOT_INVALID */
export function parseFirstLine(line: string): { readonly bytes: number; readonly sha256: string } {
  const [, format, length, hash] = /^plugbay-data (\d{1,9}) (\d{1,9}) ([0-9a-f]{64})$/.exec(line) ?? []
  if (format === undefined || hash === undefined)
    throw invalid('The file is not a snapshot of the data of a plugin')
  if (!Object.values(FORMATS).some((known) => known === Number(format)))
    throw invalid(`The snapshot has format ${format}: this server knows formats 1 and 2 only`)
  const bytes = Number(length)
  if (bytes > MAX_HEADER_BYTES) throw damaged('its header is too long')
  return { bytes, sha256: hash }
}

/** @throws DataError SNAPSHOT_INVALID */
export function parseHeader(text: Uint8Array, checksum: string): SnapshotHeader {
  if (sha256(text) !== checksum) throw damaged('its header does not have its checksum')
  const { plugin, version, createdAt, parts } = record(parseJson(text))
  if (
    typeof plugin !== 'string' ||
    !PLUGIN_ID.test(plugin) ||
    (version !== null && typeof version !== 'string') ||
    typeof createdAt !== 'string' ||
    Number.isNaN(Date.parse(createdAt)) ||
    !Array.isArray(parts)
  )
    throw damaged('its header lacks something')
  const known = parts.map(parsePart)
  const inOrder = PARTS.filter((name) => known.some((part) => part.name === name))
  if (known.map(({ name }) => name).join() !== inOrder.join()) throw damaged('its files are not in order')
  return {
    plugin,
    version: version === null ? null : version.slice(0, 256),
    createdAt: new Date(createdAt).toISOString(),
    parts: known,
  }
}

export function invalid(message: string, cause?: unknown): DataError {
  return new DataError('SNAPSHOT_INVALID', message, cause)
}

/** @param what half a sentence: "its header is too long" */
export function damaged(what: string, cause?: unknown): DataError {
  return invalid(`The snapshot is damaged: ${what}`, cause)
}

/** @param what a sentence */
export function tooLarge(what: string): DataError {
  return new DataError('BODY_TOO_LARGE', `The snapshot is larger than this server allows. ${what}`)
}

function parsePart(value: unknown): SnapshotPart {
  const { name, bytes, sha256: hash } = record(value)
  const known = PARTS.find((file) => file === name)
  if (known === undefined || typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0)
    throw damaged('it lists a file that is none of a plugin')
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) throw damaged('a file has no checksum')
  return { name: known, bytes, sha256: hash }
}

function parseJson(text: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(text).toString())
  } catch (error) {
    throw damaged('its header is not JSON', error)
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw damaged('its header lacks something')
  return value as Readonly<Record<string, unknown>>
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
