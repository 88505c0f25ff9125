// Files of a project that its package does not need: secrets of tools, tests, and what .plugbayignore names.
// Invariant: packages that the project carries are whole; a zip is taken as it is.

import { matchesGlob } from 'node:path'
import type { LeftOut } from '../../types.ts'

export const IGNORE_FILE = '.plugbayignore'

const SECRET =
  /(?:^|\/)(?:\.env(?:\.(?!example$|sample$|template$)[^/]*)?|\.npmrc|\.netrc|\.pgpass|id_(?:rsa|ed25519|ecdsa))$/i
const TEST = /(?:\.(?:test|spec)\.[cm]?[jt]sx?|(?:^|\/)__tests__)$/i
const MAX_RULES = 200
const MAX_LENGTH = 200

/** Why a file or folder stays out; undefined for one that belongs to the package. */
export type Ignore = (path: string) => LeftOut['why'] | undefined

interface Rule {
  readonly patterns: readonly string[]
  readonly isBack: boolean
}

/**
 * @param text of .plugbayignore: a pattern in each line, as of .gitignore; "#" begins a comment, "!" takes a file back, a
 *   pattern with a slash before its end is of the top. The last line that matches counts, before our own rules.
 */
export function createIgnore(text: string | undefined): Ignore {
  const rules = rulesIn(text ?? '')
  return (path) => {
    const rule = rules.findLast(({ patterns }) => patterns.some((pattern) => matchesGlob(path, pattern)))
    if (rule !== undefined) return rule.isBack ? undefined : 'ignored'
    if (path.includes('node_modules/')) return undefined
    if (SECRET.test(path)) return 'secret'
    return TEST.test(path) ? 'test' : undefined
  }
}

function rulesIn(text: string): readonly Rule[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && line.length <= MAX_LENGTH)
    .slice(0, MAX_RULES)
    .map((line) => {
      const isBack = line.startsWith('!')
      const pattern = (isBack ? line.slice(1) : line).replace(/\/$/, '')
      const anchored = pattern.includes('/') ? pattern.replace(/^\//, '') : `**/${pattern}`
      return { isBack, patterns: [anchored, `${anchored}/**`] }
    })
}
