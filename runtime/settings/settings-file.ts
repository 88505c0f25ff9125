// <data>/settings.toml, read at the start and again whenever it changes.
// Invariant: what it says counts as a whole or not at all: while it cannot be read, the last good sections stay.

import { constants, watchFile } from 'node:fs'
import { open } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import type { Problem } from '../errors.ts'
import type { Log } from '../log.ts'
import { SerialQueue } from '../serial-queue.ts'
import { fileProblem, type ReadSections, SETTINGS_FILE } from './sections.ts'

export interface SettingsFile {
  /** The values of one plugin; undefined without a section. */
  section(id: string): Readonly<Record<string, unknown>> | undefined
  readonly ids: readonly string[]
  /** What is wrong with the file as it is now. */
  readonly problems: readonly Problem[]
  /** Why no values are known: the file was not readable when the server started, and has not been since. */
  readonly unknown: Problem | undefined
  /** Calls `listener` with the ids whose section has changed. Returns the function that unsubscribes. */
  subscribe(listener: SectionListener): () => void
  /** Idempotent. */
  close(): Promise<void>
}

/** "all" when the file can be read for the first time. */
type SectionListener = (ids: readonly string[] | 'all') => void

export interface SettingsFileOptions {
  readonly path: string
  readonly log: Pick<Log, 'warn' | 'info'>
  /** Time between two looks at the file. Looking works on every file system, also where a mount or a link is replaced. */
  readonly pollMs?: number
}

const POLL_MS = 1000
const MAX_FILE_BYTES = 1_000_000
/** A writer may need several steps. */
const SETTLE_MS = 30
const LOOKS = 20

export async function openSettingsFile(options: SettingsFileOptions): Promise<SettingsFile> {
  const file = new WatchedFile(options)
  await file.start()
  return file
}

class WatchedFile implements SettingsFile {
  readonly #options: SettingsFileOptions
  readonly #listeners = new Set<SectionListener>()
  readonly #turns = new SerialQueue()
  #good: Extract<ReadSections, { ok: true }> | undefined
  #problem: Problem | undefined
  #unwatch = (): void => undefined
  #isClosed = false

  constructor(options: SettingsFileOptions) {
    this.#options = options
  }

  section(id: string): Readonly<Record<string, unknown>> | undefined {
    return this.#good?.sections.get(id)
  }

  get ids(): readonly string[] {
    return [...(this.#good?.sections.keys() ?? [])]
  }

  get problems(): readonly Problem[] {
    return this.#problem === undefined ? (this.#good?.warnings ?? []) : [this.#problem]
  }

  get unknown(): Problem | undefined {
    return this.#good === undefined ? this.#problem : undefined
  }

  subscribe(listener: SectionListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** A file that is written at this moment is read again when it has changed. */
  async start(): Promise<void> {
    const { path, pollMs = POLL_MS } = this.#options
    const onChange = (): void =>
      void this.#turns.run(async () => this.#apply(await readSettled(path, () => this.#isClosed)))
    const watcher = watchFile(path, { interval: pollMs, persistent: false }, onChange)
    this.#unwatch = () => watcher.removeAllListeners('change')
    await this.#turns.run(async () => this.#apply(await readBytes(path)))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#unwatch()
    this.#listeners.clear()
    await this.#turns.run(async () => undefined)
  }

  async #apply(bytes: Uint8Array | string): Promise<void> {
    const read = await sectionsOf(bytes)
    if (this.#isClosed) return
    const wasUnknown = this.unknown !== undefined
    const before = this.#good
    if (read.ok) this.#good = read
    this.#report(read.ok ? undefined : read.problem)
    if (!read.ok) return
    const ids = new Set([...(before?.sections.keys() ?? []), ...read.sections.keys()])
    const changed = [...ids].filter((id) => !isSame(before?.sections.get(id), read.sections.get(id)))
    if (changed.length === 0 && !wasUnknown) return
    for (const listener of this.#listeners) listener(wasUnknown ? 'all' : changed)
  }

  #report(problem: Problem | undefined): void {
    const { log } = this.#options
    if (problem !== undefined && problem.message !== this.#problem?.message)
      log.warn(this.#good === undefined ? problem.message : `${problem.message}; the last good values stay`)
    if (problem === undefined && this.#problem !== undefined) log.info(`"${SETTINGS_FILE}" can be read again`)
    this.#problem = problem
  }
}

async function sectionsOf(bytes: Uint8Array | string): Promise<ReadSections> {
  if (bytes === 'ENOENT') return { ok: true, sections: new Map(), warnings: [] }
  if (typeof bytes === 'string')
    return { ok: false, problem: fileProblem(`"${SETTINGS_FILE}" cannot be read (${bytes})`) }
  if (bytes.byteLength > MAX_FILE_BYTES)
    return { ok: false, problem: fileProblem(`"${SETTINGS_FILE}" has more than ${MAX_FILE_BYTES} bytes`) }
  // A server without the file does not load the parser.
  const { readSections } = await import('./settings-toml.ts')
  return readSections(bytes)
}

/** Reads again while the content still changes. */
async function readSettled(path: string, isClosed: () => boolean): Promise<Uint8Array | string> {
  let bytes = await readBytes(path)
  for (let look = 0; look < LOOKS && !isClosed(); look += 1) {
    await setTimeout(SETTLE_MS)
    const again = await readBytes(path)
    if (Buffer.compare(Buffer.from(bytes), Buffer.from(again)) === 0) break
    bytes = again
  }
  return bytes
}

/** At most one byte more than may be read; or the code of the error. */
async function readBytes(path: string): Promise<Uint8Array | string> {
  try {
    // A pipe in its place must not block the open.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stats = await file.stat()
      if (!stats.isFile()) return 'it is not a file'
      const buffer = Buffer.alloc(Math.min(stats.size, MAX_FILE_BYTES) + 1)
      let length = 0
      while (length < buffer.byteLength) {
        const { bytesRead } = await file.read(buffer, length, buffer.byteLength - length, length)
        if (bytesRead === 0) break
        length += bytesRead
      }
      return buffer.subarray(0, length)
    } finally {
      await file.close()
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
