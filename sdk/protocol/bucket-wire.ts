// What host calls about files of the plugin's own take and return (env.files). Plain data.

/** The headers of a file, as R2 names them. */
export const HTTP_FIELDS = {
  contentType: 'content-type',
  contentLanguage: 'content-language',
  contentDisposition: 'content-disposition',
  contentEncoding: 'content-encoding',
  cacheControl: 'cache-control',
} as const

export type HttpField = keyof typeof HTTP_FIELDS

export type WireHttpMetadata = { readonly [Name in HttpField]?: string } & {
  /** Milliseconds since 1970. */
  readonly cacheExpiry?: number
}

/** What must hold of the file that is there. */
export interface WireCondition {
  /** Each an etag, or "*" for any file. */
  readonly etagMatches?: readonly string[]
  readonly etagDoesNotMatch?: readonly string[]
  /** Milliseconds since 1970. */
  readonly uploadedBefore?: number
  readonly uploadedAfter?: number
  readonly secondsGranularity?: boolean
}

export const DIGESTS = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'] as const
export type DigestName = (typeof DIGESTS)[number]

export interface WirePutOptions {
  readonly onlyIf?: WireCondition
  readonly http?: WireHttpMetadata
  readonly custom?: Readonly<Record<string, string>>
  /** In hex: what the content must have. */
  readonly digest?: { readonly name: DigestName; readonly value: string }
}

export interface WireObject {
  /** Never used twice in one bucket. */
  readonly id: number
  readonly key: string
  readonly size: number
  readonly etag: string
  /** Milliseconds since 1970. */
  readonly uploaded: number
  readonly http?: WireHttpMetadata
  readonly custom?: Readonly<Record<string, string>>
  /** In hex. */
  readonly digests?: { readonly [Name in DigestName]?: string }
  /** The upload in parts that it was. */
  readonly upload?: string
}

/** A file that a page sends in parts. */
export interface WireUpload {
  readonly id: string
  /** What has arrived, in order: number, SHA-256 in hex, size. */
  readonly parts: readonly (readonly [number: number, etag: string, size: number])[]
  /** What it has become. */
  readonly object?: WireObject
}

export interface WireList {
  readonly objects: readonly WireObject[]
  readonly prefixes: readonly string[]
  /** Absent at the end. */
  readonly cursor?: string
}

/** A content that has arrived: on the disk, and in no bucket yet. */
export interface ArrivedContent {
  /** In hex. */
  readonly sha256: string
  readonly size: number
  readonly digests: { readonly [Name in DigestName]?: string }
}

/** A piece of a content: SHA-256 in hex, first byte, number of bytes. */
export type WireSegment = readonly [sha256: string, start: number, length: number]

/** A body that a visitor gets without its passing the guest. */
export interface WireFileBody {
  readonly id: number
  readonly start: number
  readonly length: number
}

const HEX = /^[0-9a-f]{32,128}$/

/** Whether it is a digest that a content can be compared with. */
export function isWantedDigest(value: unknown): value is WirePutOptions['digest'] {
  if (value === undefined) return true
  if (typeof value !== 'object' || value === null) return false
  const { name, value: digest } = value as Readonly<Record<string, unknown>>
  return DIGESTS.some((known) => known === name) && typeof digest === 'string' && HEX.test(digest)
}

/** Undefined for a value that no guest of ours has sent. */
export function parseFileBody(value: unknown): WireFileBody | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { id, start, length } = value as Readonly<Record<string, unknown>>
  return isSize(id) && isSize(start) && isSize(length) ? { id, start, length } : undefined
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** In the folder of a plugin's data: the database of the bucket, and the folder of its contents, each named by its SHA-256. */
export const BUCKET_FILE = 'bucket.db'
export const CONTENTS_FOLDER = 'bucket'
