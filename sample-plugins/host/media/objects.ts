// The objects of actions: found by the ids that browsers send, for members who may see them, and the folders of each.
// Invariant: media are found for members with "media.view" only, so no action runs on what its user cannot see.

import { readdir } from 'node:fs/promises'
import type { HostDeclaration } from 'plugbay'
import type { Books } from '../database/books.ts'
import type { AllSeries } from '../database/series.ts'
import { library } from '../declaration.ts'
import type { MediaFile, MediaLibrary } from './media-library.ts'
import type { Roots } from './roots.ts'

export interface ObjectParts {
  readonly books: Books
  readonly series: AllSeries
  readonly media: MediaLibrary
  readonly roots: Roots
}

/** The id of the one object of the context "media". */
export const ALL_MEDIA = 'all'

const MAX_CHOSEN = 200
/** What the runtime gives to an action at most. */
const MAX_FOLDERS = 10

type Context = NonNullable<HostDeclaration['contexts']>[string]
type Functions = Required<Pick<Context, 'find' | 'folders' | 'list'>>
type Reader = Parameters<Functions['find']>[1]

/** The declaration of the library, with its objects. */
export function libraryWith(parts: ObjectParts): typeof library {
  const { contexts } = library
  return {
    ...library,
    contexts: {
      book: { ...contexts.book, ...bookContext(parts) },
      series: { ...contexts.series, ...seriesContext(parts) },
      media: { ...contexts.media, ...mediaContext(parts) },
      'media-folder': { ...contexts['media-folder'], ...folderContext(parts) },
      'media-file': { ...contexts['media-file'], ...fileContext(parts) },
      'media-files': { ...contexts['media-files'], ...filesContext(parts) },
    },
  }
}

function bookContext({ books, roots }: ObjectParts): Functions {
  return {
    find: async (id) => {
      const book = books.get(numberOf(id))
      return book && { ...book, texts: (await readdir(roots.book(book.id))).length }
    },
    list: () => books.search({ text: '', subject: '' }).map(choice),
    folders: (object) => ({ storage: roots.book((object as { readonly id: number }).id) }),
  }
}

function seriesContext({ series, roots }: ObjectParts): Functions {
  return {
    find: (id) => {
      const found = series.get(numberOf(id))
      return (
        found && { ...found, books: found.books.map(({ id, title, language }) => ({ id, title, language })) }
      )
    },
    list: () => series.list().map(choice),
    folders: (object) => {
      const { books } = object as { readonly books: readonly { readonly id: number }[] }
      return Object.fromEntries(
        books.slice(0, MAX_FOLDERS).map(({ id }) => [`book-${id}`, roots.book(id)] as const),
      )
    },
  }
}

function mediaContext({ media, roots }: ObjectParts): Functions {
  return {
    find: (id, reader) => {
      if (id !== ALL_MEDIA || !seesMedia(reader)) return undefined
      const folders = media.folders()
      const sum = (key: 'files' | 'bytes') => folders.reduce((total, folder) => total + folder[key], 0)
      return { folders: folders.length, files: sum('files'), bytes: sum('bytes') }
    },
    list: (reader) => (seesMedia(reader) ? [{ id: ALL_MEDIA, title: 'All media folders' }] : []),
    folders: () => roots.media,
  }
}

function folderContext({ media, roots }: ObjectParts): Functions {
  return {
    find: (id, reader) => {
      const found = seesMedia(reader) ? media.folder(id) : undefined
      return found && { id: found.id, title: found.title, files: found.files, bytes: found.bytes }
    },
    list: (reader) => (seesMedia(reader) ? media.folders().map(({ id }) => ({ id, title: id })) : []),
    folders: () => roots.media,
  }
}

function fileContext({ media, roots }: ObjectParts): Functions {
  return {
    find: (id, reader) => (seesMedia(reader) ? media.file(numberOf(id)) : undefined),
    list: () => [],
    folders: () => roots.media,
  }
}

function filesContext({ media, roots }: ObjectParts): Functions {
  return {
    /** @param id ids of files, separated by commas */
    find: (id, reader) => {
      const ids = new Set(id.split(','))
      if (!seesMedia(reader) || ids.size > MAX_CHOSEN) return undefined
      const files = [...ids].map((each) => media.file(numberOf(each)))
      const isFound = (file: MediaFile | undefined): file is MediaFile => file !== undefined
      return files.every(isFound) ? { files } : undefined
    },
    list: () => [],
    folders: () => roots.media,
  }
}

function seesMedia(reader: Reader): boolean {
  return reader?.permissions.some((each) => each === '*' || each === 'media.view') ?? false
}

/** 0, which is the id of nothing, for what is not the id of a row. */
function numberOf(id: string): number {
  return /^\d{1,9}$/.test(id) ? Number(id) : 0
}

function choice({ id, title }: { readonly id: number; readonly title: string }) {
  return { id: String(id), title }
}
