// The shape of the files of an artifact: written by the package process, read by the runtime.
// Invariant: content.bin and content.json hold what the author shipped, byte by byte; everything made from it is in derived.*.

import type { Manifest } from '../../../sdk/manifest/manifest.ts'

export const ARTIFACT_FORMAT = 1

export const CONTENT_BYTES = 'content.bin'
export const CONTENT_INDEX = 'content.json'
/** Where the install puts derived bytes. Stronger copies come in a file of another name, see DerivedIndex. */
export const DERIVED_BYTES = 'derived.bin'
export const DERIVED_INDEX = 'derived.json'
export const BACKEND_CODE = 'backend.js'
export const BACKEND_MAP = 'backend.js.map'

/** One file of the package. */
export interface ContentEntry {
  /** Path in the package. */
  readonly path: string
  /** Where its bytes start in content.bin. */
  readonly offset: number
  readonly size: number
  /** Hex. */
  readonly sha256: string
  /** The Content-Type it is served with. */
  readonly type: string
}

/** What serving needs to know about the frontend. Paths are relative to `root`. */
export interface FrontendIndex {
  /** Folder in the package, without a slash at its end. */
  readonly root: string
  /** The page at "/"; null when there is none. */
  readonly index: string | null
  /** Whether `index` was made by us from Vite's manifest. */
  readonly generated: boolean
  /** The page that navigations to unknown paths show (deep links); null for a plain 404. */
  readonly fallback: string | null
  /** Assets whose name holds a hash of their content. */
  readonly immutable: readonly string[]
}

export interface ContentIndex {
  readonly format: typeof ARTIFACT_FORMAT
  /** Content hash of the package, hex. */
  readonly sha256: string
  readonly manifest: Manifest
  readonly notYetActive: readonly string[]
  readonly backend: boolean
  readonly frontend: FrontendIndex | null
  /** Sorted by path. */
  readonly entries: readonly ContentEntry[]
}

/** `own`: for an origin of the plugin's own, where "/" is the frontend. `shared`: below a path of the runtime's origin. */
export type PageUse = 'own' | 'shared'
export type Encoding = 'identity' | 'gzip' | 'br'

/** Bytes made from an asset. */
export interface DerivedPart {
  /** Path below the frontend root. */
  readonly path: string
  /** A copy for `own` serves both uses unless there is one for `shared`. */
  readonly use: PageUse
  readonly encoding: Encoding
  /** Where its bytes start in the byte file that the index names. */
  readonly offset: number
  readonly size: number
  /** Hex, of the bytes of this part. */
  readonly sha256: string
}

/** Where the runtime may put tags into a page, found here so that the runtime parses no HTML. */
export interface PagePlaces {
  /** Byte offset right after `<head>`; null where nothing can be put (UTF-16). */
  readonly head: number | null
  /** Which `<base href>` the page has: none, the root of its mount, or another place. */
  readonly base: 'none' | 'root' | 'other'
}

export interface DerivedPage extends PagePlaces {
  readonly path: string
  readonly use: PageUse
}

/** Two files cannot be replaced together: the index names its byte file, so that putting a new index in place is enough. */
export interface DerivedIndex {
  readonly format: typeof ARTIFACT_FORMAT
  /** Name of the byte file: "derived.bin", or "derived-" with 16 hex digits. */
  readonly bytes: string
  /** Whether the copies are as small as we can make them. */
  readonly strong: boolean
  readonly parts: readonly DerivedPart[]
  readonly pages: readonly DerivedPage[]
}
