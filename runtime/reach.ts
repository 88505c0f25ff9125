// Which files of the built package an entry needs, and which packages. Used by its builders only, and is not published.

import { readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'

const SPECIFIER = /(?:\bfrom|\bimport)\s*\(?\s*["']([^"'\s${}]+)["']/g

export interface Reached {
  readonly files: readonly string[]
  readonly packages: readonly string[]
}

/** All files that the entries import, directly or not; types import types. Paths with forward slashes, sorted. */
export async function reach(dist: string, entries: readonly string[]): Promise<Reached> {
  const files = new Set<string>()
  const packages = new Set<string>()
  const waiting = [...entries]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file)) continue
    files.add(file)
    const text = withoutComments(await readFile(join(dist, file), 'utf8'))
    for (const [, specifier = ''] of text.matchAll(SPECIFIER)) {
      if (specifier.startsWith('.')) {
        const path = posix.join(posix.dirname(file), specifier)
        waiting.push(file.endsWith('.d.ts') ? path.replace(/\.(?:ts|js)$/, '.d.ts') : path)
      } else if (!specifier.startsWith('node:')) packages.add(packageOf(specifier))
    }
  }
  return { files: [...files].sort(), packages: [...packages].filter((name) => name !== 'plugbay').sort() }
}

export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Examples in comments import, too. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
}
