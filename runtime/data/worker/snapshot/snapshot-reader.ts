// Reads a snapshot: the header, then each file into the room, checking size and checksum.
// Invariant: the bytes are hostile. None is written before the header has passed the caps, and none beyond its sizes.

import { createHash } from 'node:crypto'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { BUCKET_FILE, CONTENTS_FOLDER } from '../../../../sdk/protocol/bucket-wire.ts'
import type { ImportRules } from '../../snapshots/snapshot-call.ts'
import { ByteReader } from '../byte-reader.ts'
import { DataError } from '../data-error.ts'
import { largestKvFile } from '../kv/kv-database.ts'
import { KV_FILE } from '../plugin-folder.ts'
import { largestBucketFile, listedContents } from './restore-bucket.ts'
import {
  damaged,
  invalid,
  MAX_LINE_BYTES,
  parseFirstLine,
  parseHeader,
  type SnapshotHeader,
  type SnapshotPart,
  tooLarge,
} from './snapshot-format.ts'

/**
 * Resolves when every file of the snapshot is in the room under its own name.
 * @throws DataError SNAPSHOT_INVALID, BODY_TOO_LARGE, STATE_CONFLICT for one of another plugin, or what the source throws
 */
export async function readSnapshot(
  source: AsyncIterable<Uint8Array>,
  rules: ImportRules & { readonly room: string },
): Promise<SnapshotHeader> {
  const bytes = new ByteReader(source, damaged)
  try {
    const line = await bytes.line(MAX_LINE_BYTES)
    if (line === undefined) throw invalid('The file is not a snapshot of the data of a plugin')
    const first = parseFirstLine(line)
    const header = parseHeader(await bytes.exactly(first.bytes), first.sha256)
    requireAllowed(header, rules)
    for (const part of header.parts) {
      if (part.name === CONTENTS_FOLDER) await receiveContents(bytes, part, rules.room)
      else await receivePart(bytes, part, join(rules.room, part.name))
    }
    if (!(await bytes.atEnd())) throw damaged('it goes on behind its last file')
    return header
  } finally {
    await bytes.close()
  }
}

function requireAllowed({ plugin, parts }: SnapshotHeader, rules: ImportRules): void {
  if (rules.from !== null && plugin !== rules.from)
    throw new DataError('STATE_CONFLICT', `The snapshot is of plugin "${plugin}", not of "${rules.from}"`)
  for (const { name, bytes } of parts) {
    const cap = capOf(name, rules)
    if (bytes > cap) throw tooLarge(`Its file "${name}" has ${bytes} bytes: at most ${cap} are allowed`)
  }
}

function capOf(name: SnapshotPart['name'], { kvBytes, databaseBytes, filesBytes }: ImportRules): number {
  switch (name) {
    case KV_FILE:
      return largestKvFile(kvBytes)
    case BUCKET_FILE:
      return largestBucketFile(filesBytes)
    case CONTENTS_FOLDER:
      return filesBytes
    default:
      return databaseBytes
  }
}

async function receivePart(bytes: ByteReader, part: SnapshotPart, path: string): Promise<void> {
  const hash = createHash('sha256')
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const chunk of bytes.next(part.bytes)) {
      hash.update(chunk)
      await file.writeFile(chunk)
    }
  } finally {
    await file.close()
  }
  if (hash.digest('hex') !== part.sha256) throw damaged(`its file "${part.name}" does not have its checksum`)
}

/** Each is named by its SHA-256 in the database before it. */
async function receiveContents(bytes: ByteReader, part: SnapshotPart, room: string): Promise<void> {
  const folder = join(room, CONTENTS_FOLDER)
  await mkdir(folder, { mode: 0o700 })
  const names = createHash('sha256')
  let left = part.bytes
  for (const { sha256, size } of listedContents(join(room, BUCKET_FILE))) {
    left -= size
    if (left < 0) throw damaged('its files are longer than it says')
    names.update(sha256)
    const content = { name: part.name, bytes: size, sha256 }
    await receivePart(bytes, content, join(folder, sha256))
  }
  if (left > 0 || names.digest('hex') !== part.sha256) throw damaged('its files are not those that it lists')
}
