// Permissions on the command line: "plugins.view,tasks.*".

import { usageError } from './session.ts'

const PERMISSION = /^(?:\*|[A-Za-z][\w-]*(?:\.[\w-]+)*(?:\.\*)?)$/

/** Throws USAGE. */
export function readPermissions(text: string): readonly string[] {
  const found = text.split(',').flatMap((each) => (each.trim() === '' ? [] : [each.trim()]))
  const wrong = found.find((each) => !PERMISSION.test(each))
  if (wrong === undefined) return found
  throw usageError(
    `"${wrong}" is not a permission`,
    'Write them like plugins.view,tasks.*; "*" is everything',
  )
}
