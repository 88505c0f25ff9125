// Writes an initramfs: a cpio archive in the "newc" format
// (https://docs.kernel.org/driver-api/early-userspace/buffer-format.html).

import { createWriteStream } from 'node:fs'
import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

export interface CpioFile {
  /** Absolute path inside the archive. */
  readonly path: string
  readonly content: Uint8Array
  readonly executable?: boolean
}

const FOLDER = 0o040755
const FILE = 0o100644
const EXECUTABLE = 0o100755

/** Writes the files, with the folders above them, to `target`. */
export async function writeCpio(target: string, files: Iterable<CpioFile>): Promise<void> {
  await pipeline(Readable.from(records(files)), createWriteStream(target))
}

function* records(files: Iterable<CpioFile>): Generator<Uint8Array> {
  const folders = new Set<string>()
  let inode = 1
  for (const file of files) {
    for (const folder of foldersAbove(file.path)) {
      if (folders.has(folder)) continue
      folders.add(folder)
      yield record(folder, { inode: inode++, mode: FOLDER, size: 0 })
    }
    yield record(file.path, {
      inode: inode++,
      mode: file.executable ? EXECUTABLE : FILE,
      size: file.content.length,
    })
    yield file.content
    yield padding(file.content.length)
  }
  yield record('/TRAILER!!!', { inode: 0, mode: 0, size: 0 })
}

function foldersAbove(path: string): readonly string[] {
  const parent = posix.dirname(path)
  return parent === '/' ? [] : [...foldersAbove(parent), parent]
}

function record(
  path: string,
  entry: { readonly inode: number; readonly mode: number; readonly size: number },
): Uint8Array {
  const name = `${path.slice(1)}\0`
  const nameBytes = Buffer.byteLength(name)
  // inode, mode, uid, gid, nlink, mtime, size, device (2), rdevice (2), name size, checksum
  const fields = [entry.inode, entry.mode, 0, 0, 1, 0, entry.size, 0, 0, 0, 0, nameBytes, 0]
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}`
  return Buffer.concat([Buffer.from(header), padding(Buffer.byteLength(header))])
}

/** Headers and contents are padded to four bytes. */
function padding(length: number): Uint8Array {
  return new Uint8Array((4 - (length % 4)) % 4)
}
