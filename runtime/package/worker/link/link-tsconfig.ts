// Reads a package's tsconfig.json, and those that it extends: the options that change the meaning of the code at run time, and
// where names of imports lead.
// Invariant: nothing outside the package is read, and what is returned has a bounded size, whatever the files say.

import type { TsconfigRaw } from 'esbuild'
import { parse } from 'jsonc-parser'
import { folderOf, join, type LinkedFiles, type PathMapping } from './resolve-paths.ts'

const MAX_BYTES = 100_000
/** That are extended, in all: a circle ends there. */
const MAX_EXTENDED = 20
const MAX_PATTERNS = 500
const MAX_TARGETS = 10
const STRINGS = ['jsx', 'jsxFactory', 'jsxFragmentFactory', 'jsxImportSource'] as const
const SWITCHES = ['experimentalDecorators', 'useDefineForClassFields', 'verbatimModuleSyntax'] as const
const JSX = ['react', 'react-jsx', 'react-jsxdev']

/** The options of the nearest tsconfig.json at or above the entry; empty without a readable one. */
export function tsconfigOf(files: LinkedFiles, entry: string): TsconfigRaw {
  const read = readNearest(files, entry)
  return read === undefined ? {} : { compilerOptions: read.options }
}

/** Where "paths" and "baseUrl" lead, as folders of the package; undefined when they say nothing. */
export function mappingOf(files: LinkedFiles, entry: string): PathMapping | undefined {
  const { paths, baseUrl, missing } = readNearest(files, entry) ?? {}
  if (paths === undefined && baseUrl === undefined && missing === undefined) return undefined
  const base = baseUrl ?? paths?.folder ?? ''
  const patterns = Object.entries(paths?.map ?? {})
    .slice(0, MAX_PATTERNS)
    .flatMap(([pattern, targets]) => {
      const [prefix = '', suffix, ...more] = pattern.split('*')
      const list = Array.isArray(targets) ? targets.slice(0, MAX_TARGETS) : []
      const inside = list.flatMap((target) => (typeof target === 'string' ? (join(base, target) ?? []) : []))
      return more.length > 0 ? [] : [{ prefix, suffix, targets: inside }]
    })
  return { patterns, baseUrl, missing }
}

interface Read {
  readonly options: Record<string, string | boolean>
  /** A folder of the package. */
  readonly baseUrl?: string
  /** As written, and the folder of the file that has it. */
  readonly paths?: { readonly map: object; readonly folder: string }
  /** A file that is extended and not in the package. */
  readonly missing?: string
}

function readNearest(files: LinkedFiles, entry: string): Read | undefined {
  for (let folder = folderOf(entry); ; folder = folderOf(folder)) {
    const path = folder === '' ? 'tsconfig.json' : `${folder}/tsconfig.json`
    const bytes = files.get(path)
    if (bytes !== undefined) return readConfig(bytes, { files, path, left: { count: MAX_EXTENDED } })
    if (folder === '') return undefined
  }
}

interface Place {
  readonly files: LinkedFiles
  readonly path: string
  /** How many more files may be extended. */
  readonly left: { count: number }
}

function readConfig(bytes: Uint8Array, place: Place): Read {
  const config = parsed(bytes)
  const folder = folderOf(place.path)
  const options = propertyOf(config, 'compilerOptions')
  const base = readBases(propertyOf(config, 'extends'), place)
  const baseUrl = propertyOf(options, 'baseUrl')
  const map = propertyOf(options, 'paths')
  const root = typeof baseUrl === 'string' ? join(folder, baseUrl) : null
  return {
    ...base,
    options: { ...base.options, ...optionsOf(options) },
    ...(root !== null && { baseUrl: root }),
    ...(typeof map === 'object' && map !== null && { paths: { map, folder } }),
  }
}

/** What is extended; the last one counts most. */
function readBases(value: unknown, { files, path, left }: Place): Read {
  const names = (Array.isArray(value) ? value : [value]).filter((name) => typeof name === 'string')
  let all: Read = { options: {} }
  for (const name of names.slice(0, MAX_TARGETS)) {
    if (left.count-- <= 0) break
    const base = name.startsWith('.') ? join(folderOf(path), name) : null
    const found = [base, `${base}.json`].find((file) => file !== null && base !== null && files.has(file))
    const bytes = found == null ? undefined : files.get(found)
    if (found == null || bytes === undefined) {
      all = { ...all, missing: name.slice(0, 100) }
      continue
    }
    const read = readConfig(bytes, { files, path: found, left })
    all = { ...all, ...read, options: { ...all.options, ...read.options } }
  }
  return all
}

function parsed(bytes: Uint8Array): unknown {
  if (bytes.length > MAX_BYTES) return undefined
  try {
    // Comments and trailing commas are common in this file. A file of nothing but brackets overflows the parser's stack.
    return parse(new TextDecoder().decode(bytes), [], { allowTrailingComma: true })
  } catch {
    return undefined
  }
}

function optionsOf(options: unknown): Record<string, string | boolean> {
  const kept: Record<string, string | boolean> = {}
  for (const name of STRINGS) {
    const value = propertyOf(options, name)
    if (typeof value === 'string' && (name !== 'jsx' || JSX.includes(value))) kept[name] = value
  }
  for (const name of SWITCHES) {
    const value = propertyOf(options, name)
    if (typeof value === 'boolean') kept[name] = value
  }
  return kept
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined
}
