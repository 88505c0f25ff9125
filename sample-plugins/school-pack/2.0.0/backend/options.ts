// The settings as the backend uses them. The runtime has checked every value against the manifest: here they only get their types.

import type { Settings } from 'plugbay/sdk'

export interface Options {
  readonly recommended: readonly string[]
  readonly mark: string
  readonly colours: string
  readonly showCounts: boolean
  readonly mostRead: number
  readonly goal: number
  /** Milliseconds. */
  readonly keepFor: number
  /** Bytes. */
  readonly exportLimit: number
  readonly readingRoom: string
  readonly readingRoomPort: number
  readonly mirror: string
  /** "" or with a slash at its end. */
  readonly mirrorPath: string
  readonly guide: string
  readonly shelves: readonly string[]
  /** An origin, a port, or "". */
  readonly catalog: string
  readonly partners: readonly string[]
}

export function readOptions(settings: Settings): Options {
  return settings as unknown as Options
}
