// Where the files of the library lie, below its data folder. Paths stay here: pages and plugins know addresses such as "primary/music".

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** The media folders: what is shown, what is kept, and what may be thrown away. */
export const ROOT_NAMES = ['primary', 'alternative', 'temp'] as const

export type RootName = (typeof ROOT_NAMES)[number]

export interface Roots {
  /** The folder of the texts of a book; it is made when it is missing. */
  book(id: number): string
  /** The root folders, by name. */
  readonly media: Readonly<Record<RootName, string>>
}

/** Makes the folders that are missing. */
export function openRoots(data: string): Roots {
  const pathOf = (name: RootName) => made(join(data, 'media', name))
  return {
    book: (id) => made(join(data, 'books', String(id))),
    media: { primary: pathOf('primary'), alternative: pathOf('alternative'), temp: pathOf('temp') },
  }
}

export function isRootName(name: string | undefined): name is RootName {
  return ROOT_NAMES.some((root) => root === name)
}

function made(path: string): string {
  mkdirSync(path, { recursive: true })
  return path
}
