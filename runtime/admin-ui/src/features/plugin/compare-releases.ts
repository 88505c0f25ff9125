// What has changed from one release to another: files, rights, settings and size.

import type { ReleaseContent } from '../../../../../sdk/api/releases.ts'
import { describePermissions } from '../../../../../sdk/permissions/describe.ts'
import { piecesOf } from '../permissions/grant-set.ts'

export interface Named {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

export interface RightChange {
  /** English, of the table of permissions. */
  readonly title: string
  /** The piece of it, such as an origin; empty for all of it. */
  readonly piece: string
}

export interface ReleaseChanges {
  readonly files: Named
  /** Keys of settings. */
  readonly settings: Named
  readonly rightsAdded: readonly RightChange[]
  readonly rightsRemoved: readonly RightChange[]
  readonly bytes: { readonly before: number; readonly after: number }
}

export function compareReleases(before: ReleaseContent, after: ReleaseContent): ReleaseChanges {
  return {
    files: compareNamed(
      before.files.map(({ path, sha256 }) => [path, sha256]),
      after.files.map(({ path, sha256 }) => [path, sha256]),
    ),
    settings: compareNamed(settingsOf(before), settingsOf(after)),
    rightsAdded: beyond(after, before),
    rightsRemoved: beyond(before, after),
    bytes: { before: before.bytes, after: after.bytes },
  }
}

type Entries = readonly (readonly [name: string, value: string])[]

function compareNamed(before: Entries, after: Entries): Named {
  const had = new Map(before)
  const has = new Map(after)
  return {
    added: [...has.keys()].filter((name) => !had.has(name)),
    removed: [...had.keys()].filter((name) => !has.has(name)),
    changed: [...has].flatMap(([name, value]) => (had.has(name) && had.get(name) !== value ? [name] : [])),
  }
}

function settingsOf({ settings }: ReleaseContent): Entries {
  if (!isRecord(settings) || !isRecord(settings.properties)) return []
  return Object.entries(settings.properties).map(([key, schema]) => [key, JSON.stringify(schema)])
}

/** What `wide` asks for and `narrow` does not. */
function beyond(wide: ReleaseContent, narrow: ReleaseContent): readonly RightChange[] {
  return describePermissions(wide.permissions).flatMap(({ name, words }) => {
    const known = new Set(piecesOf(narrow.permissions, name).map(({ key }) => key))
    return piecesOf(wide.permissions, name)
      .filter(({ key }) => !known.has(key))
      .map(({ label }) => ({ title: words.title, piece: label }))
  })
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
