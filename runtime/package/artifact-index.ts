// Parses the indexes of an artifact. The package process wrote them, so they are checked like all input from a child.
// Invariant: no offset points outside its file, no name outside the folder, and no type or hash can break a header.

import { PlugbayError } from '../errors.ts'
import {
  ARTIFACT_FORMAT,
  type ContentIndex,
  DERIVED_BYTES,
  type DerivedIndex,
} from './format/artifact-format.ts'

const HASH = /^[0-9a-f]{64}$/
/** A name that cannot leave the folder of the artifact. */
const BYTES = /^derived(?:-[0-9a-f]{16})?\.bin$/
const TYPE = /^[a-z]+\/[a-z0-9.+-]+(?:; charset=utf-8)?$/

/** Checks content.json against the size of content.bin. Throws INTERNAL for a damaged artifact. */
export function parseContentIndex(text: string, size: number): ContentIndex {
  const value = parse(text)
  const { sha256, manifest, notYetActive, backend, entries } = value
  const frontend = withBundles(value.frontend)
  expect(typeof sha256 === 'string' && HASH.test(sha256), 'sha256')
  expect(
    isRecord(manifest) && typeof manifest.id === 'string' && typeof manifest.version === 'string',
    'manifest',
  )
  expect(isStrings(notYetActive), 'notYetActive')
  expect(typeof backend === 'boolean', 'backend')
  expect(frontend === null || isFrontend(frontend), 'frontend')
  expect(Array.isArray(entries), 'entries')
  for (const entry of entries) {
    expect(isRecord(entry) && typeof entry.path === 'string' && isSpan(entry, size), 'entries')
    expect(typeof entry.type === 'string' && TYPE.test(entry.type), 'entries')
  }
  return { ...value, frontend } as unknown as ContentIndex
}

/**
 * Checks derived.json, except against the size of the byte file that it names: see expectSpans().
 * Throws INTERNAL for a damaged artifact.
 */
export function parseDerivedIndex(text: string): DerivedIndex {
  const value = parse(text)
  // Artifacts from before there was precompression have neither.
  const { bytes = DERIVED_BYTES, strong = false, parts, pages } = value
  expect(typeof bytes === 'string' && BYTES.test(bytes), 'bytes')
  expect(typeof strong === 'boolean', 'strong')
  expect(Array.isArray(parts) && Array.isArray(pages), 'parts')
  for (const part of parts) {
    expect(isRecord(part) && isSpan(part, Number.MAX_SAFE_INTEGER) && isPlace(part), 'parts')
    expect(part.encoding === 'identity' || part.encoding === 'gzip' || part.encoding === 'br', 'parts')
  }
  for (const page of pages) {
    expect(isRecord(page) && isPlace(page), 'pages')
    expect(page.head === null || isCount(page.head), 'pages')
    expect(page.base === 'none' || page.base === 'root' || page.base === 'other', 'pages')
  }
  return { ...value, bytes, strong } as unknown as DerivedIndex
}

/** Checks the parts of derived.json against the size of its byte file. Throws INTERNAL for a damaged artifact. */
export function expectSpans(derived: DerivedIndex, size: number): void {
  for (const { offset, size: length } of derived.parts) expect(offset + length <= size, 'parts')
}

function parse(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new PlugbayError('INTERNAL', 'The artifact is damaged: an index is not JSON', { cause: error })
  }
  expect(isRecord(value) && value.format === ARTIFACT_FORMAT, 'format')
  return value
}

/** Artifacts from before there were bundles have none. */
function withBundles(frontend: unknown): unknown {
  return isRecord(frontend) ? { bundles: [], ...frontend } : frontend
}

function isFrontend(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value.root === 'string' &&
    (value.index === null || typeof value.index === 'string') &&
    (value.fallback === null || typeof value.fallback === 'string') &&
    typeof value.generated === 'boolean' &&
    isStrings(value.immutable) &&
    Array.isArray(value.bundles) &&
    value.bundles.every(isBundle)
  )
}

function isBundle(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value.id === 'string' &&
    (value.page === null || typeof value.page === 'string') &&
    (value.script === null || typeof value.script === 'string') &&
    (value.page === null) !== (value.script === null) &&
    isStrings(value.styles) &&
    isStrings(value.preload)
  )
}

function isSpan(value: Readonly<Record<string, unknown>>, size: number): boolean {
  const { offset, size: length, sha256 } = value
  return (
    isCount(offset) &&
    isCount(length) &&
    offset + length <= size &&
    typeof sha256 === 'string' &&
    HASH.test(sha256)
  )
}

function isPlace(value: Readonly<Record<string, unknown>>): boolean {
  return typeof value.path === 'string' && (value.use === 'own' || value.use === 'shared')
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function expect(condition: boolean, field: string): asserts condition {
  if (!condition) throw new PlugbayError('INTERNAL', `The artifact is damaged: "${field}" is not as expected`)
}
