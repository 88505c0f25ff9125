// Replaces the derived bytes of an artifact: writes a new byte file under a new name, then the index that names it.
// Invariant: at any instant, also at a power cut, derived.json names a byte file that is complete.

import { createHash, randomBytes } from 'node:crypto'
import { type FileHandle, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { flush, flushFolder, writeFlushed } from '../../plugin-store/flush.ts'
import { parseDerivedIndex } from './artifact-index.ts'
import {
  ARTIFACT_FORMAT,
  DERIVED_INDEX,
  type DerivedIndex,
  type DerivedPage,
  type DerivedPart,
} from './format/artifact-format.ts'

const OURS = /^derived(?:-[0-9a-f]{16})?\.(?:bin|json)$/

export class DerivedWriter {
  readonly #folder: string
  readonly #name: string
  readonly #file: FileHandle
  readonly #parts: DerivedPart[] = []
  #offset = 0
  #published = false

  private constructor(folder: string, opened: { readonly name: string; readonly file: FileHandle }) {
    this.#folder = folder
    this.#name = opened.name
    this.#file = opened.file
  }

  /** Starts a byte file. Rejects with the error of the file system, as all methods do. */
  static async create(folder: string): Promise<DerivedWriter> {
    const name = `derived-${randomBytes(8).toString('hex')}`
    return new DerivedWriter(folder, { name, file: await open(join(folder, `${name}.bin`), 'wx', 0o644) })
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#offset
  }

  async append(
    part: Pick<DerivedPart, 'path' | 'use' | 'encoding'>,
    chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const offset = this.#offset
    const hash = createHash('sha256')
    for await (const chunk of chunks) {
      await this.#file.writeFile(chunk)
      hash.update(chunk)
      this.#offset += chunk.length
    }
    this.#parts.push({ ...part, offset, size: this.#offset - offset, sha256: hash.digest('hex') })
  }

  /** Puts the index that names these bytes in place. */
  async publish(pages: readonly DerivedPage[]): Promise<void> {
    await this.#file.close()
    const bytes = `${this.#name}.bin`
    const index: DerivedIndex = { format: ARTIFACT_FORMAT, bytes, strong: true, parts: this.#parts, pages }
    const waiting = join(this.#folder, `${this.#name}.json`)
    await writeFlushed(waiting, JSON.stringify(index), { flags: 'wx', mode: 0o644 })
    // By path, and after the index was written: this fails if the folder was removed and republished meanwhile.
    await flush(join(this.#folder, bytes))
    await flushFolder(this.#folder)
    await rename(waiting, join(this.#folder, DERIVED_INDEX))
    this.#published = true
    await flushFolder(this.#folder)
  }

  /** Discards the byte file; too late once the index is in place. What cannot be removed is left to sweepDerived(). */
  async discard(): Promise<void> {
    await this.#file.close()
    if (this.#published) return
    for (const ending of ['bin', 'json'])
      await rm(join(this.#folder, `${this.#name}.${ending}`), { force: true })
  }
}

/** Removes files that derived.json does not name: leftovers of an interrupted writer, and replaced copies. */
export async function sweepDerived(folder: string): Promise<void> {
  const { bytes } = parseDerivedIndex(await readFile(join(folder, DERIVED_INDEX), 'utf8'))
  for (const name of await readdir(folder)) {
    if (OURS.test(name) && name !== DERIVED_INDEX && name !== bytes) await rm(join(folder, name))
  }
}

/**
 * Removes the leftovers of interrupted writers from every artifact. Call it before any writer starts. Never rejects.
 * @param artifacts the folder that holds them
 * @param warn called for leftovers that could not be removed; they take space but do no harm
 */
export async function sweepAllDerived(
  artifacts: string,
  warn: (message: string, error: unknown) => void,
): Promise<void> {
  for (const name of await readdir(artifacts)) {
    try {
      await sweepDerived(join(artifacts, name))
    } catch (error) {
      warn(`Leftovers of the artifact "${name}" were not removed`, error)
    }
  }
}
