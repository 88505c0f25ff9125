// Finds the only end record of a zip and the position of its central directory.
// Invariant: an archive in which two readers could choose different end records is refused.

import type { ProblemList } from './archive-problems.ts'

const END_SIGNATURE = Buffer.from('PK\x05\x06', 'latin1')
const END_BYTES = 22
const MAX_COMMENT_BYTES = 0xffff
const LOCATOR_SIGNATURE = 0x07064b50
const LOCATOR_BYTES = 20
const END64_SIGNATURE = 0x06064b50
const END64_MAGIC = Buffer.from('PK\x06\x06', 'latin1')
const END64_BYTES = 56
/** How far before the end some readers look for a zip64 end record without a locator. */
const END64_SEARCH_BYTES = 1024
const LOCAL_SIGNATURE = 0x04034b50
const SPLIT_SIGNATURE = 0x08074b50

/** Position of the central directory. Offsets are from the start of the archive. */
export interface DirectoryPlace {
  readonly count: number
  readonly start: number
  readonly end: number
}

interface EndFields {
  readonly disk: number
  readonly directoryDisk: number
  readonly countHere: number
  readonly count: number
  readonly size: number
  readonly start: number
}

/** Finds the central directory, or adds a problem when readers could disagree about it. */
export function findDirectory(data: Buffer, problems: ProblemList): DirectoryPlace | undefined {
  const at = findEnd(data, problems)
  if (at === undefined) {
    return undefined
  }
  const fields = readEnd(data, at)
  const hasLocator = at >= LOCATOR_BYTES && data.readUInt32LE(at - LOCATOR_BYTES) === LOCATOR_SIGNATURE
  const end64 = hasLocator ? readEnd64(data, { at, fields }) : { fields, at }
  const hasStray = data.subarray(Math.max(0, at - END64_SEARCH_BYTES), end64?.at).includes(END64_MAGIC)
  if (end64 === undefined || hasStray) {
    problems.add(ambiguous('The zip64 records of the archive contradict each other'))
    return undefined
  }
  return checkPlace(end64.fields, { end: end64.at, problems })
}

function findEnd(data: Buffer, problems: ProblemList): number | undefined {
  const tailStart = Math.max(0, data.length - END_BYTES - MAX_COMMENT_BYTES)
  const tail = data.subarray(tailStart)
  const exact: number[] = []
  let last = -1
  for (let i = tail.indexOf(END_SIGNATURE); i !== -1; i = tail.indexOf(END_SIGNATURE, i + 1)) {
    last = tailStart + i
    if (last + END_BYTES <= data.length && endOfComment(data, last) === data.length) {
      exact.push(last)
    }
  }
  const [only] = exact
  if (only === undefined) {
    problems.add(whyNoEnd(data, last))
    return undefined
  }
  // Invariant: readers that take the last signature and readers that require a matching comment length find the same record.
  if (exact.length > 1 || last !== only) {
    problems.add(ambiguous('The archive has more than one end record'))
    return undefined
  }
  return only
}

function endOfComment(data: Buffer, at: number): number {
  return at + END_BYTES + data.readUInt16LE(at + 20)
}

function whyNoEnd(data: Buffer, last: number): Parameters<ProblemList['add']>[0] {
  const code = 'ARCHIVE_NOT_ZIP'
  if (data.length === 0) {
    return { code, message: 'The upload is empty', hint: 'Choose the zip file again' }
  }
  if (last !== -1 && last + END_BYTES <= data.length && endOfComment(data, last) < data.length) {
    return ambiguous('There are bytes after the end of the archive')
  }
  const first = data.length >= 4 ? data.readUInt32LE(0) : 0
  if (first === SPLIT_SIGNATURE) {
    return unsupported('The file is one part of a split archive')
  }
  if (last !== -1 || first === LOCAL_SIGNATURE) {
    return {
      code,
      message: 'The zip archive is cut off: its end is missing',
      hint: 'Make the archive again, and upload all of it',
    }
  }
  return {
    code,
    message: 'The upload is not a zip archive',
    hint: 'Zip the plugin folder with any zip tool, or with "plugbay pack <dir>"',
  }
}

function readEnd(data: Buffer, at: number): EndFields {
  return {
    disk: data.readUInt16LE(at + 4),
    directoryDisk: data.readUInt16LE(at + 6),
    countHere: data.readUInt16LE(at + 8),
    count: data.readUInt16LE(at + 10),
    size: data.readUInt32LE(at + 12),
    start: data.readUInt32LE(at + 16),
  }
}

/** The fields of the zip64 end record, if locator, record and plain end record agree in everything. */
function readEnd64(
  data: Buffer,
  plain: { readonly at: number; readonly fields: EndFields },
): { readonly at: number; readonly fields: EndFields } | undefined {
  const locator = plain.at - LOCATOR_BYTES
  const at = Number(data.readBigUInt64LE(locator + 8))
  if (data.readUInt32LE(locator + 4) !== 0 || data.readUInt32LE(locator + 16) !== 1) {
    return undefined
  }
  // Version 2 of the record and extensible data are for encryption: plain tools write exactly 56 bytes.
  if (at + END64_BYTES !== locator || data.readUInt32LE(at) !== END64_SIGNATURE) {
    return undefined
  }
  if (data.readBigUInt64LE(at + 4) !== BigInt(END64_BYTES - 12)) {
    return undefined
  }
  const fields: EndFields = {
    disk: data.readUInt32LE(at + 16),
    directoryDisk: data.readUInt32LE(at + 20),
    countHere: Number(data.readBigUInt64LE(at + 24)),
    count: Number(data.readBigUInt64LE(at + 32)),
    size: Number(data.readBigUInt64LE(at + 40)),
    start: Number(data.readBigUInt64LE(at + 48)),
  }
  const old = plain.fields
  const agrees =
    fits(old.disk, fields.disk, 0xffff) &&
    fits(old.directoryDisk, fields.directoryDisk, 0xffff) &&
    fits(old.countHere, fields.countHere, 0xffff) &&
    fits(old.count, fields.count, 0xffff) &&
    fits(old.size, fields.size, 0xffffffff) &&
    fits(old.start, fields.start, 0xffffffff)
  return agrees ? { at, fields } : undefined
}

function fits(plain: number, wide: number, placeholder: number): boolean {
  return plain === wide || plain === placeholder
}

function checkPlace(
  fields: EndFields,
  { end, problems }: { readonly end: number; readonly problems: ProblemList },
): DirectoryPlace | undefined {
  if (fields.disk !== 0 || fields.directoryDisk !== 0) {
    problems.add(unsupported('The archive is split into several files'))
    return undefined
  }
  if (fields.countHere !== fields.count) {
    problems.add(ambiguous('The end record gives two different numbers of entries'))
    return undefined
  }
  if (fields.start + fields.size !== end) {
    problems.add(ambiguous('The directory of the archive is not where the end record says'))
    return undefined
  }
  return { count: fields.count, start: fields.start, end }
}

function ambiguous(message: string) {
  return {
    code: 'ARCHIVE_AMBIGUOUS',
    message,
    hint: 'Make the archive again from the folder; do not edit, join or append to zip files',
  } as const
}

function unsupported(message: string) {
  return {
    code: 'ARCHIVE_UNSUPPORTED',
    message,
    hint: 'Make one archive, not a split or self-extracting one',
  } as const
}
