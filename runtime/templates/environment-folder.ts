// The folder that templates are rendered into. It may hold other files: only those that were rendered are ever changed.
// Invariant: a rendering is applied as a whole. What is new is staged and flushed, then a journal says what to do; the next
// start after a crash completes it, and an error puts back what was there.

import { createHash, randomUUID } from 'node:crypto'
import { copyFile, link, lstat, mkdir, readFile, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { flushFolder, writeFlushed } from '../../plugin-store/flush.ts'
import { PlugbayError } from '../errors.ts'

export interface EnvironmentFile {
  /** Below the folder, with forward slashes. */
  readonly path: string
  readonly bytes: Uint8Array
  /** The id of a plugin, or `host`. */
  readonly owner: string
}

export interface FileChange {
  readonly path: string
  readonly owner: string
  readonly change: 'added' | 'changed' | 'removed'
}

export interface PlannedChange extends FileChange {
  /** Undefined for a file that is removed. */
  readonly bytes: Uint8Array | undefined
  /** What is there; undefined for one that is added. */
  readonly before: Uint8Array | undefined
}

interface FileRecord {
  readonly owner: string
  readonly sha256: string
}

interface Step {
  readonly path: string
  /** Name in the staging folder; null: the file is removed. */
  readonly staged: string | null
}

interface Journal {
  readonly staging: string
  readonly steps: readonly Step[]
  readonly files: Readonly<Record<string, FileRecord>>
}

/** What the runtime keeps in the folder. No template has such a name: hidden files are not rendered. */
const OWN = '.plugbay'
const RECORD = 'files.json'
const JOURNAL = 'journal.json'
const STAGING = /^staging-[0-9a-f-]{36}$/
const MODE = { file: 0o644, folder: 0o755, own: 0o700 }

export class EnvironmentFolder {
  readonly #root: string

  constructor(folder: string) {
    this.#root = resolve(folder)
  }

  /** Completes what a crash has left half-way. Rejects with TEMPLATES_NOT_WRITTEN. */
  async recover(): Promise<void> {
    const journal = await this.#readJson<Journal>(JOURNAL)
    if (journal === undefined || !STAGING.test(journal.staging)) return
    try {
      for (const step of journal.steps) await this.#complete(journal.staging, step)
      await this.#finish(journal)
    } catch (error) {
      throw notWritten(error)
    }
  }

  /** What a rendering would change. Rejects with TEMPLATES_NOT_WRITTEN for a file that cannot be read. */
  async plan(files: readonly EnvironmentFile[]): Promise<readonly PlannedChange[]> {
    const recorded = await this.#recorded()
    const wanted = new Map(files.map((file) => [file.path, file]))
    const changes: PlannedChange[] = []
    for (const { path, owner, bytes } of files) {
      const before = await this.#read(path)
      if (before === undefined) changes.push({ path, owner, change: 'added', bytes, before })
      else if (Buffer.compare(before, bytes) !== 0)
        changes.push({ path, owner, change: 'changed', bytes, before })
    }
    for (const [path, { owner }] of Object.entries(recorded)) {
      if (wanted.has(path)) continue
      const before = await this.#read(path)
      if (before !== undefined) changes.push({ path, owner, change: 'removed', bytes: undefined, before })
    }
    return changes
  }

  /** All files or none. Resolves with what has changed. Rejects with TEMPLATES_NOT_WRITTEN; the folder is then as it was. */
  async apply(files: readonly EnvironmentFile[]): Promise<readonly FileChange[]> {
    const changes = await this.plan(files)
    const record = Object.fromEntries(
      files.map(({ path, owner, bytes }) => [path, { owner, sha256: hashOf(bytes) }]),
    )
    if (changes.length > 0) await this.#replace(changes, record)
    else if (files.length > 0) await this.#writeJson(RECORD, record).catch(rethrown)
    return changes.map(({ path, owner, change }) => ({ path, owner, change }))
  }

  async #replace(
    changes: readonly PlannedChange[],
    files: Readonly<Record<string, FileRecord>>,
  ): Promise<void> {
    const staging = `staging-${randomUUID()}`
    const journal: Journal = {
      staging,
      files,
      steps: changes.map(({ path, bytes }, index) => ({
        path,
        staged: bytes === undefined ? null : String(index),
      })),
    }
    const done: Step[] = []
    try {
      await mkdir(this.#own(staging), { recursive: true, mode: MODE.own })
      for (const [index, { path, bytes, before }] of changes.entries()) {
        await this.#refuseLinks(path)
        if (bytes !== undefined)
          await writeFlushed(this.#own(staging, String(index)), bytes, { flags: 'w', mode: MODE.file })
        if (before !== undefined) await keep(join(this.#root, path), this.#own(staging, `${index}.before`))
      }
      await flushFolder(this.#own(staging))
      await this.#writeJson(JOURNAL, journal)
      for (const step of journal.steps) {
        done.push(step)
        await this.#complete(staging, step)
      }
      await this.#finish(journal)
    } catch (error) {
      for (const step of done.reverse()) await this.#undo(staging, journal.steps.indexOf(step), step)
      await rm(this.#own(JOURNAL), { force: true })
      await rm(this.#own(staging), { recursive: true, force: true })
      throw notWritten(error)
    }
  }

  /** May have been done before. */
  async #complete(staging: string, { path, staged }: Step): Promise<void> {
    const target = join(this.#root, path)
    if (staged === null) {
      await rm(target, { force: true })
      await this.#prune(dirname(path))
      return
    }
    const source = this.#own(staging, staged)
    if ((await kindOf(source)) === undefined) return
    await mkdir(dirname(target), { recursive: true, mode: MODE.folder })
    await rename(source, target)
  }

  async #undo(staging: string, index: number, { path }: Step): Promise<void> {
    const target = join(this.#root, path)
    const before = this.#own(staging, `${index}.before`)
    if ((await kindOf(before)) === undefined) {
      if ((await kindOf(target)) === 'file') await rm(target, { force: true })
      await this.#prune(dirname(path))
      return
    }
    await mkdir(dirname(target), { recursive: true, mode: MODE.folder })
    await rename(before, target)
  }

  async #finish({ staging, files, steps }: Journal): Promise<void> {
    for (const folder of new Set(steps.map(({ path }) => dirname(path))))
      if ((await kindOf(join(this.#root, folder))) === 'folder') await flushFolder(join(this.#root, folder))
    await this.#writeJson(RECORD, files)
    await rm(this.#own(JOURNAL), { force: true })
    await rm(this.#own(staging), { recursive: true, force: true })
  }

  /** Removes folders that have become empty. */
  async #prune(folder: string): Promise<void> {
    for (let each = folder; each !== '.' && each !== '/'; each = dirname(each)) {
      const isGone = await rmdir(join(this.#root, each)).then(
        () => true,
        (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
      )
      if (!isGone) return
    }
  }

  /** A link in the way would lead out of the folder. */
  async #refuseLinks(path: string): Promise<void> {
    const parts = path.split('/')
    for (const [index] of parts.entries()) {
      const part = parts.slice(0, index + 1).join('/')
      if ((await kindOf(join(this.#root, part))) === 'other')
        throw new Error(`"${part}" is a link or a device, and not a file or a folder`)
    }
  }

  async #recorded(): Promise<Readonly<Record<string, FileRecord>>> {
    return (await this.#readJson<Readonly<Record<string, FileRecord>>>(RECORD)) ?? {}
  }

  async #read(path: string): Promise<Uint8Array | undefined> {
    try {
      await this.#refuseLinks(path)
      return await readFile(join(this.#root, path))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
      throw notWritten(error)
    }
  }

  async #readJson<T>(name: string): Promise<T | undefined> {
    try {
      return JSON.parse(await readFile(this.#own(name), 'utf8')) as T
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw notWritten(error)
    }
  }

  async #writeJson(name: string, value: object): Promise<void> {
    await mkdir(this.#own(), { recursive: true, mode: MODE.own })
    const temporary = this.#own(`${name}.new`)
    await writeFlushed(temporary, Buffer.from(JSON.stringify(value)), { flags: 'w', mode: MODE.file })
    await rename(temporary, this.#own(name))
    await flushFolder(this.#own())
  }

  #own(...names: readonly string[]): string {
    return join(this.#root, OWN, ...names)
  }
}

/** A second name, where the file system has them. */
async function keep(path: string, as: string): Promise<void> {
  await link(path, as).catch(() => copyFile(path, as))
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'other' | undefined> {
  try {
    const facts = await lstat(path)
    return facts.isFile() ? 'file' : facts.isDirectory() ? 'folder' : 'other'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function notWritten(error: unknown): PlugbayError {
  if (error instanceof PlugbayError) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new PlugbayError('TEMPLATES_NOT_WRITTEN', `The rendered files cannot be written: ${reason}`)
}

function rethrown(error: unknown): never {
  throw notWritten(error)
}
