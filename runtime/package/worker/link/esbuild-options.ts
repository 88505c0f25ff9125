// How esbuild reads code: the same options wherever it reads a file of a package, so that it understands it the same way.
// Invariant: nothing outside the package has an influence, and no warning is collected: none is shown.

import type { BuildOptions, LogLevel } from 'esbuild'
import { tsconfigOf } from './link-tsconfig.ts'
import { DEFINITIONS } from './link-wrapper.ts'
import type { LinkedFiles } from './resolve-paths.ts'

export type ReadingOptions = BuildOptions & { readonly write: false }

/**
 * esbuild's warnings, by its ids. Each carries the whole line it is about: a line of a megabyte with a thousand warnings would be
 * a gigabyte of messages.
 */
const WARNINGS =
  `assert-to-with assert-type-json assign-to-constant assign-to-define assign-to-import bigint call-import-namespace
  class-name-will-throw commonjs-variable-in-esm confusing-typescript-cast delete-super-property direct-eval duplicate-case
  duplicate-class-member duplicate-object-key empty-import-meta equals-nan equals-negative-zero equals-new-object
  html-comment-in-js impossible-typeof indirect-require private-name-will-throw semicolon-after-return suspicious-boolean-not
  suspicious-define suspicious-logical-operator suspicious-nullish-coalescing this-is-undefined-in-esm unsupported-dynamic-import
  unsupported-jsx-comment unsupported-regexp unsupported-require-call ambiguous-reexport different-path-case empty-glob
  ignored-bare-import ignored-dynamic-import import-is-undefined require-resolve-not-external invalid-source-mappings
  missing-source-map unsupported-source-map-comment package.json tsconfig.json`.split(/\s+/)

export const SILENCE: Readonly<Record<string, LogLevel>> = Object.fromEntries(
  WARNINGS.map((id) => [id, 'silent']),
)

export function readingOptions(files: LinkedFiles, entry: string): ReadingOptions {
  return {
    write: false,
    format: 'esm',
    platform: 'neutral',
    target: 'esnext',
    // V8 has no decorators yet; without "dynamic-import" a computed import() becomes a promise that rejects.
    supported: { decorators: false, 'dynamic-import': false },
    define: { ...DEFINITIONS },
    // No tsconfig.json, no NODE_PATH, no working folder.
    tsconfigRaw: tsconfigOf(files, entry),
    nodePaths: [],
    absWorkingDir: '/',
    logLevel: 'silent',
    logLimit: 0,
    logOverride: SILENCE,
  }
}
