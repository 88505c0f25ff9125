// The objects of actions, as the library describes them.

import type { Context } from 'plugbay/sdk'

export interface Book {
  readonly id: number
  readonly title: string
  readonly author: string
  readonly language: string
  /** Files in its folder. */
  readonly texts: number
}

export interface Series {
  readonly books: readonly Pick<Book, 'id' | 'title' | 'language'>[]
}

export interface MediaFolder {
  /** Its address: "primary/music". */
  readonly id: string
  readonly files: number
}

export interface MediaFile {
  readonly name: string
  /** Address of its folder. */
  readonly folder: string
  readonly bytes: number
}

/** The library has checked it against the schema of the context; the type says which. */
export function objectOf<T>({ action }: Context): T {
  return action?.object as T
}
