// The assets of an artifact: each path with its representations, for both ways of being served.
// Invariant: a path is matched as a whole key of a Map, exactly as packaged; it never becomes the name of a file.

import { catalogLanguage } from '../../sdk/manifest/layout.ts'
import { MAX_CATALOG_BYTES, MAX_CATALOGS } from '../../sdk/messages/catalog.ts'
import { canonicalTag } from '../../sdk/text/language-tag.ts'
import {
  CONTENT_BYTES,
  type ContentEntry,
  type ContentIndex,
  type DerivedIndex,
  type Encoding,
  type PagePlaces,
  type PageUse,
} from './format/artifact-format.ts'
import { isPageType, mediaTypeOf, UNKNOWN_TYPE } from './format/media-types.ts'

/** A sequence of bytes of an artifact. */
export interface Representation {
  /** Name of the byte file. */
  readonly file: string
  readonly offset: number
  readonly size: number
  /** Of the bytes, hex. */
  readonly sha256: string
  /** Strong, with its quotes. */
  readonly etag: string
}

/** The representations of an asset for one kind of origin. */
export interface Variant extends PagePlaces {
  readonly identity: Representation
  readonly gzip: Representation | null
  readonly br: Representation | null
}

export interface AssetEntry {
  /** Path below the frontend root. */
  readonly path: string
  /** The whole Content-Type value. */
  readonly type: string
  /** HTML: gated by `access`, and the runtime may add tags to it. */
  readonly page: boolean
  /** Offered for download, never shown. */
  readonly attachment: boolean
  readonly immutable: boolean
  readonly variants: Readonly<Record<PageUse, Variant>>
}

// Files of tools (".vite/", ".env") are not part of the site, as with other static servers; ".well-known/" is.
const HIDDEN = /(?:^|\/)\.(?!well-known\/)/

const NO_PLACES: PagePlaces = { head: null, base: 'none' }

/** Joins the two indexes of an artifact. Empty for a package without a frontend. */
export function assetsOf(content: ContentIndex, derived: DerivedIndex): ReadonlyMap<string, AssetEntry> {
  const assets = new Map<string, AssetEntry>()
  if (content.frontend === null) return assets
  const prefix = `${content.frontend.root}/`
  const immutable = new Set(content.frontend.immutable)
  const parts = new Map(derived.parts.map((part) => [`${part.use} ${part.encoding} ${part.path}`, part]))
  const places = new Map(derived.pages.map((page) => [`${page.use} ${page.path}`, page]))

  const representation = (path: string, use: PageUse, encoding: Encoding): Representation | null => {
    const part = parts.get(`${use} ${encoding} ${path}`)
    if (part === undefined) return null
    const suffix = encoding === 'identity' ? '' : `-${encoding}`
    const { offset, size, sha256 } = part
    return { file: derived.bytes, offset, size, sha256, etag: etagOf(sha256, suffix) }
  }
  const variant = (path: string, use: PageUse, identity: Representation): Variant => {
    const { head, base } = places.get(`${use} ${path}`) ?? NO_PLACES
    return {
      identity,
      gzip: representation(path, use, 'gzip'),
      br: representation(path, use, 'br'),
      head,
      base,
    }
  }
  const add = (path: string, type: string, identity: Representation): void => {
    const own = variant(path, 'own', identity)
    const rewritten = representation(path, 'shared', 'identity')
    assets.set(path, {
      path,
      type,
      page: isPageType(type),
      attachment: type === UNKNOWN_TYPE,
      immutable: immutable.has(path),
      variants: { own, shared: rewritten === null ? own : variant(path, 'shared', rewritten) },
    })
  }

  for (const entry of content.entries) {
    if (!entry.path.startsWith(prefix) || HIDDEN.test(entry.path.slice(prefix.length))) continue
    add(entry.path.slice(prefix.length), entry.type, wholeFile(entry))
  }
  const { index, generated } = content.frontend
  const page = generated && index !== null ? representation(index, 'own', 'identity') : null
  if (index !== null && page !== null) add(index, mediaTypeOf(index).type, page)
  return assets
}

/** A file of the package, as its author packed it. */
export function wholeFile({ offset, size, sha256 }: ContentEntry): Representation {
  return { file: CONTENT_BYTES, offset, size, sha256, etag: etagOf(sha256, '') }
}

/** The catalogs of messages, by language. */
/** The bytes of a file of the package, as shipped. */
export function partOf({
  offset,
  size,
  sha256,
}: Pick<ContentEntry, 'offset' | 'size' | 'sha256'>): Representation {
  return { file: CONTENT_BYTES, offset, size, sha256, etag: etagOf(sha256, '') }
}

export function catalogsOf({ manifest, entries }: ContentIndex): ReadonlyMap<string, Representation> {
  const catalogs = new Map<string, Representation>()
  for (const { path, offset, size, sha256 } of entries) {
    const language = catalogLanguage(manifest, path)
    // Of packages that an older version has checked, too.
    if (size > MAX_CATALOG_BYTES || catalogs.size >= MAX_CATALOGS) continue
    // The package check has warned of other names.
    if (language !== undefined && canonicalTag(language) === language)
      catalogs.set(language, partOf({ offset, size, sha256 }))
  }
  return catalogs
}

function etagOf(sha256: string, suffix: string): string {
  return `"${sha256.slice(0, 32)}${suffix}"`
}
