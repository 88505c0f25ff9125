// Lists folders, a page at a time: a folder of a million files never is in memory.
// Invariant: what is neither a file nor a folder, or has no name that can be asked for, is not listed.

import { type Dir, type Dirent, lstatSync, opendirSync, unlinkSync } from 'node:fs'
import { FileError } from '../../../sdk/protocol/file-error.ts'
import { isFileName, UNFINISHED_PREFIX } from '../../../sdk/protocol/file-names.ts'
import type { EntryKind, ListedEntry } from '../../../sdk/protocol/file-wire.ts'
import { look, type Place, standIn } from './stand.ts'
import { fileErrorOf } from './system-errors.ts'

/** Entries of one page, and the characters of their names: a page is one message. */
const PAGE_ENTRIES = 256
const PAGE_CHARACTERS = 16_384

/** What was not written to for so long was left behind by a server that was killed. */
const LEFT_BEHIND_MS = 3_600_000

interface Listing {
  readonly place: Place
  readonly folder: Dir
  readonly mayWrite: boolean
}

export interface Page {
  readonly entries: readonly ListedEntry[]
  readonly isLast: boolean
}

export class Listings {
  readonly #open = new Map<number, Listing>()

  open(number: number, place: Place, mayWrite: boolean): void {
    const folder = standIn(place, () => opendirSync('.', { bufferSize: PAGE_ENTRIES }))
    this.#open.set(number, { place, folder, mayWrite })
  }

  /** It is closed with the last page, and after an error. */
  async next(number: number): Promise<Page> {
    const listing = this.#open.get(number)
    if (listing === undefined) throw new FileError('InvalidStateError', 'The list is closed')
    try {
      const page = await readPage(listing)
      if (page.isLast) this.close(number)
      return page
    } catch (error) {
      this.close(number)
      throw fileErrorOf(error)
    }
  }

  close(number: number): void {
    const listing = this.#open.get(number)
    this.#open.delete(number)
    listing?.folder.closeSync()
  }
}

async function readPage({ place, folder, mayWrite }: Listing): Promise<Page> {
  const found: Dirent[] = []
  const unfinished: string[] = []
  let characters = 0
  let isLast = false
  while (found.length < PAGE_ENTRIES && characters < PAGE_CHARACTERS) {
    const entry = await folder.read()
    if (entry === null) {
      isLast = true
      break
    }
    if (entry.name.startsWith(UNFINISHED_PREFIX) && entry.isFile()) unfinished.push(entry.name)
    // A name that is not UTF-8 has U+FFFD here, and could not be asked for.
    if (!isFileName(entry.name) || entry.name.includes('\ufffd')) continue
    found.push(entry)
    characters += entry.name.length
  }
  if (mayWrite && unfinished.length > 0) standIn(place, () => unfinished.forEach(removeLeftBehind))
  return { entries: kindsOf(found, place), isLast }
}

function removeLeftBehind(name: string): void {
  const found = lstatSync(name, { throwIfNoEntry: false })
  if (found !== undefined && Date.now() - found.mtimeMs > LEFT_BEHIND_MS) unlinkSync(name)
}

function kindsOf(found: readonly Dirent[], place: Place): readonly ListedEntry[] {
  const isKnown = (entry: Dirent) => entry.isFile() || entry.isDirectory() || !isUnknown(entry)
  if (found.every(isKnown)) return found.flatMap((entry) => listed(entry.name, entry))
  // Not every file system says what its entries are.
  return standIn(place, () =>
    found.flatMap((entry) => {
      const facts = isUnknown(entry) ? look(entry.name) : entry
      return facts === undefined ? [] : listed(entry.name, facts)
    }),
  )
}

function isUnknown(entry: Dirent): boolean {
  return ![
    entry.isFile(),
    entry.isDirectory(),
    entry.isSymbolicLink(),
    entry.isFIFO(),
    entry.isSocket(),
    entry.isBlockDevice(),
    entry.isCharacterDevice(),
  ].includes(true)
}

function listed(name: string, facts: { isFile(): boolean; isDirectory(): boolean }): ListedEntry[] {
  const kind: EntryKind | undefined = facts.isFile() ? 'file' : facts.isDirectory() ? 'directory' : undefined
  return kind === undefined ? [] : [{ name, kind }]
}
