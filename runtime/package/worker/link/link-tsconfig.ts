// Reads a package's tsconfig.json: the few options that change the meaning of the code at run time.

import type { TsconfigRaw } from 'esbuild'
import { parse } from 'jsonc-parser'
import { folderOf, type LinkedFiles } from './resolve-paths.ts'

const MAX_BYTES = 100_000
const STRINGS = ['jsx', 'jsxFactory', 'jsxFragmentFactory', 'jsxImportSource'] as const
const SWITCHES = ['experimentalDecorators', 'useDefineForClassFields', 'verbatimModuleSyntax'] as const
const JSX = ['react', 'react-jsx', 'react-jsxdev']

/** The options of the nearest tsconfig.json at or above the entry; empty without a readable one. */
export function tsconfigOf(files: LinkedFiles, entry: string): TsconfigRaw {
  for (let folder = folderOf(entry); ; folder = folderOf(folder)) {
    const bytes = files.get(folder === '' ? 'tsconfig.json' : `${folder}/tsconfig.json`)
    if (bytes !== undefined) return { compilerOptions: optionsOf(bytes) }
    if (folder === '') return {}
  }
}

function optionsOf(bytes: Uint8Array): Record<string, string | boolean> {
  if (bytes.length > MAX_BYTES) return {}
  let config: unknown
  try {
    // Comments and trailing commas are common in this file. A file of nothing but brackets overflows the parser's stack.
    config = parse(new TextDecoder().decode(bytes), [], { allowTrailingComma: true })
  } catch {
    return {}
  }
  const options = propertyOf(config, 'compilerOptions')
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
