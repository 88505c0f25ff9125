// Hashes of files, remembered with the facts of each: to read and hash a thousand unchanged sources is a tenth of a start.
// Invariant: a remembered hash is used only while inode, size and both times of its file are the same.

import { readFileSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile, sha256 } from './kept-file.ts'

/** Inode, size, time of change and time of modification, and the hash. */
type Remembered = readonly [ino: number, size: number, ctimeMs: number, mtimeMs: number, hash: string]

const FILE = 'file-hashes.json'
/** A file that is younger may change again within the same step of the file system's clock. */
const SETTLED_MS = 1000

export class FileHashes {
  readonly #path: string
  readonly #remembered: Map<string, Remembered>
  #hasNew = false

  /** @param folder a safe one */
  constructor(folder: string) {
    this.#path = join(folder, FILE)
    this.#remembered = read(this.#path)
  }

  /** SHA-256 in hex; undefined for a file that cannot be read. */
  of(path: string): string | undefined {
    const facts = statSync(path, { throwIfNoEntry: false })
    if (facts === undefined) return undefined
    const known = this.#remembered.get(path)
    if (known !== undefined && isUnchanged(facts, known)) return known[4]
    const hash = hashOf(path)
    if (hash !== undefined && Date.now() - facts.ctimeMs > SETTLED_MS) {
      this.#remembered.set(path, [facts.ino, facts.size, facts.ctimeMs, facts.mtimeMs, hash])
      this.#hasNew = true
    }
    return hash
  }

  /** Throws the error of the file system. */
  save(): void {
    if (!this.#hasNew) return
    replaceFile(this.#path, JSON.stringify([...this.#remembered]))
    this.#hasNew = false
  }
}

function isUnchanged(facts: Stats, [ino, size, ctimeMs, mtimeMs]: Remembered): boolean {
  return facts.ino === ino && facts.size === size && facts.ctimeMs === ctimeMs && facts.mtimeMs === mtimeMs
}

function read(path: string): Map<string, Remembered> {
  try {
    return new Map(JSON.parse(readFileSync(path, 'utf8')) as [string, Remembered][])
  } catch {
    return new Map() // Missing or damaged
  }
}

function hashOf(path: string): string | undefined {
  try {
    return sha256(readFileSync(path)).toString('hex')
  } catch {
    return undefined
  }
}
