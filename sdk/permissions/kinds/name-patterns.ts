// Lists of dotted names, where "content.*" matches every name below "content", and "*" all names.

import { FORMS } from '../../manifest/names.ts'
import type { Kind } from '../kind.ts'
import { list } from './list.ts'

/** @param description of one entry */
export function namePatterns(
  form: 'eventPattern' | 'dottedName',
  description: string,
  worded?: Required<Pick<Kind<readonly string[]>, 'words' | 'wordings'>>,
): Kind<readonly string[]> {
  const kind = list(
    { type: 'string', pattern: FORMS[form].pattern, minLength: 1, maxLength: 100, description },
    { covers: matchesPattern, label: (name) => name },
  )
  return { ...kind, ...worded }
}

/** Whether a pattern ("content.*", "content.changed", "*") covers a name or a narrower pattern. */
export function matchesPattern(pattern: string, name: string): boolean {
  if (pattern === '*' || pattern === name) return true
  return pattern.endsWith('.*') && name.startsWith(pattern.slice(0, -1))
}
