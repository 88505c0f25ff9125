// Finds scripts with root-absolute names of assets, which only work on an origin of the plugin's own.
// Invariant: scripts are searched, never changed: a string in a program may mean anything.

import type { Problem } from '../../../../sdk/api/problems.ts'
import type { FrontendNames } from './frontend-names.ts'

const HINT = "Set base: './' in vite.config, or write the address relative to import.meta.url"

// A whole string literal that starts with one slash; long ones are data, not URLs.
const ABSOLUTE = /(["'`])(\/(?!\/)[^"'`\s\\$<>]{0,300})\1/g

// Vite's loader of lazy chunks with the default base: it returns "/" + the name of a dependency.
const VITE_LOADER = /(?:return\s*|=>\s*)(["'`])\/\1\s*\+\s*[\w$]+/

/** The first root-absolute name of a file in the package, as a warning; undefined without one. */
export function scriptWarning(file: string, script: string, names: FrontendNames): Problem | undefined {
  for (const match of script.matchAll(ABSOLUTE)) {
    const address = match[2]
    // "/" alone stands for many things in a program.
    if (address === undefined || address === '/' || !names.has(address)) continue
    return warning(
      file,
      script,
      match.index,
      `The script names "${address}" from the root of the origin, which is not the plugin's where pages share one`,
    )
  }
  if (!script.includes('modulepreload')) return undefined
  const loader = VITE_LOADER.exec(script)
  if (loader === null) return undefined
  return warning(
    file,
    script,
    loader.index,
    "The script loads its chunks from the root of the origin, which is not the plugin's where pages share one",
  )
}

function warning(file: string, script: string, at: number, message: string): Problem {
  const before = script.slice(0, at)
  const line = before.split('\n').length
  return { code: 'ENTRY_MISSING', message, hint: HINT, file, line, column: at - before.lastIndexOf('\n') }
}
