// Cached files, each prefixed with the hash of its content: V8 does not verify the code caches it is given.
// Invariant: a read returns exactly what was written, or nothing; a file is complete at every moment, also with concurrent
// writers.

import { createHash, randomUUID } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

const HASH_BYTES = 32

/** undefined: missing or damaged. */
export function readKept(path: string): Buffer | undefined {
  let file: Buffer
  try {
    file = readFileSync(path)
  } catch {
    return undefined
  }
  const bytes = file.subarray(HASH_BYTES)
  return file.length >= HASH_BYTES && sha256(bytes).equals(file.subarray(0, HASH_BYTES)) ? bytes : undefined
}

/** Throws the error of the file system. */
export function keep(path: string, bytes: Uint8Array): void {
  replaceFile(path, Buffer.concat([sha256(bytes), bytes]))
}

/** Throws the error of the file system. */
export function replaceFile(path: string, content: Uint8Array | string): void {
  const made = `${path}.${randomUUID()}.tmp`
  try {
    writeFileSync(made, content, { mode: 0o600, flag: 'wx' })
    renameSync(made, path)
  } catch (error) {
    rmSync(made, { force: true })
    throw error
  }
}

export function sha256(bytes: Uint8Array | string): Buffer {
  return createHash('sha256').update(bytes).digest()
}
