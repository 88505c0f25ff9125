// The packages of others in a package: what linking has carried from node_modules, and what Vite says that it has built into the frontend.
// Invariant: each name and version is there once; a package that is private is the author's own.

import { basename } from 'node:path/posix'
import type { LicensedPackage, PackageFiles } from '../../types.ts'
import { isLicenseName } from './license-names.ts'

export interface LicenseTexts extends LicensedPackage {
  /** None where the package has no file of it. */
  readonly texts: readonly string[]
}

/** Written by Vite for `build: { license: { fileName: '.vite/license.json' } }`. */
const VITE_LICENSES = '.vite/license.json'
const PACKAGE = /^((?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+))\/package\.json$/
/** What package.json says of a package whose license is somewhere else, or nowhere. */
const NO_LICENSE = /^(?:unlicensed|unknown|see licen[cs]e in .*)?$/i

export interface FoundPackages {
  readonly packages: readonly LicenseTexts[]
  /** False for a frontend without Vite's list. */
  readonly isFrontendListed: boolean
}

/** @param frontend root of the frontend; undefined without one */
export function licensedPackages(files: PackageFiles, frontend: string | undefined): FoundPackages {
  const list = frontend === undefined ? undefined : files.get(`${frontend}/${VITE_LICENSES}`)
  const inFrontend = list === undefined ? undefined : ofVite(textOf(list))
  const found = new Map<string, LicenseTexts>()
  for (const each of [...inBackend(files), ...(inFrontend ?? [])]) {
    const key = `${each.name}@${each.version}`
    if (!found.has(key)) found.set(key, each)
  }
  return {
    packages: [...found.values()].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1)),
    isFrontendListed: inFrontend !== undefined,
  }
}

/** A space is before every letter of a name. */
function sortKey({ name, version }: LicensedPackage): string {
  return `${name} ${version}`
}

function* inBackend(files: PackageFiles): Generator<LicenseTexts> {
  const texts = new Map<string, string[]>()
  for (const [path, bytes] of files) {
    const place = path.slice(0, path.lastIndexOf('/'))
    if (!/(?:^|\/)node_modules\//.test(path) || !isLicenseName(basename(path))) continue
    texts.set(place, [...(texts.get(place) ?? []), textOf(bytes).trim()])
  }
  for (const [path, bytes] of files) {
    const [, place = '', name = ''] = PACKAGE.exec(path) ?? []
    if (place === '') continue
    const json = recordOf(parsed(textOf(bytes)))
    if (json.private === true) continue
    yield {
      ...{ name: stringOf(json.name) ?? name, version: stringOf(json.version) ?? '0.0.0' },
      ...{ license: licenseOf(json), texts: texts.get(place) ?? [] },
    }
  }
}

/** Undefined for what is not such a list. */
function ofVite(text: string): readonly LicenseTexts[] | undefined {
  const list = parsed(text)
  if (!Array.isArray(list)) return undefined
  return list.flatMap((each: unknown) => {
    const { name, version, identifier, text } = recordOf(each)
    if (typeof name !== 'string' || typeof version !== 'string') return []
    const license = licenseOf({ license: identifier })
    return [{ name, version, license, texts: typeof text === 'string' ? [text.trim()] : [] }]
  })
}

/** The field as it is today, and the two forms of it that old packages have. */
function licenseOf({ license, licenses }: Readonly<Record<string, unknown>>): string | null {
  const all = [license, ...(Array.isArray(licenses) ? licenses : [])]
    .map((each) => stringOf(each) ?? stringOf(recordOf(each).type) ?? '')
    .filter((each) => !NO_LICENSE.test(each.trim()))
  return all.length === 0 ? null : all.join(' OR ')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // Not our file: it says nothing.
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
