// The format of an artifact's files: written by the package process, read by the runtime.
// Invariant: content.bin and content.json hold the author's files, byte by byte; everything derived from them is in derived.*.

import type { Manifest } from '../../../sdk/manifest/manifest.ts'

export const ARTIFACT_FORMAT = 1

export const CONTENT_BYTES = 'content.bin'
export const CONTENT_INDEX = 'content.json'
/** The byte file of the install. Stronger copies are in a file of another name, see DerivedIndex. */
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
  /** Its Content-Type when served. */
  readonly type: string
}

/** What serving needs of the frontend. Paths are relative to `root`. */
export interface FrontendIndex {
  /** Folder in the package, without a trailing slash. */
  readonly root: string
  /** The page at "/"; null without one. */
  readonly index: string | null
  /** Whether `index` was generated from Vite's manifest. */
  readonly generated: boolean
  /** The page for navigations to unknown paths (deep links); null for a plain 404. */
  readonly fallback: string | null
  /** Assets whose name holds a hash of their content. */
  readonly immutable: readonly string[]
  readonly bundles: readonly BundleIndex[]
}

/** The files of one frontend bundle. Paths are relative to the root of the frontend. */
export interface BundleIndex {
  /** From the manifest; of a page that a slot names, the page. */
  readonly id: string
  /** Either a page or a module. */
  readonly page: string | null
  readonly script: string | null
  readonly styles: readonly string[]
  /** Modules that `script` imports, directly or not. */
  readonly preload: readonly string[]
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

/** `own`: for an origin of the plugin's own, with the frontend at "/". `shared`: below a path of the runtime's origin. */
export type PageUse = 'own' | 'shared'
export type Encoding = 'identity' | 'gzip' | 'br'

/** Bytes derived from an asset. */
export interface DerivedPart {
  /** Path below the frontend root. */
  readonly path: string
  /** A copy for `own` serves both uses unless there is one for `shared`. */
  readonly use: PageUse
  readonly encoding: Encoding
  /** Where its bytes start in the byte file that the index names. */
  readonly offset: number
  readonly size: number
  /** Hash of the bytes of this part, hex. */
  readonly sha256: string
}

/** Where the runtime may insert tags into a page, determined here so that the runtime parses no HTML. */
export interface PagePlaces {
  /** Byte offset right after `<head>`; null when nothing can be inserted (UTF-16). */
  readonly head: number | null
  /** The `<base href>` of the page: none, the root of its mount, or another URL. */
  readonly base: 'none' | 'root' | 'other'
}

export interface DerivedPage extends PagePlaces {
  readonly path: string
  readonly use: PageUse
}

/** Two files cannot be replaced atomically: the index names its byte file, so that replacing the index is enough. */
export interface DerivedIndex {
  readonly format: typeof ARTIFACT_FORMAT
  /** Name of the byte file: "derived.bin", or "derived-" with 16 hex digits. */
  readonly bytes: string
  /** Whether the copies are compressed as strongly as possible. */
  readonly strong: boolean
  readonly parts: readonly DerivedPart[]
  readonly pages: readonly DerivedPage[]
}
