// The path of a menu item with the parameters of the page around the menu: "/report/{taskId}" becomes "/report/7".
// Invariant: a value stays inside its place: it cannot add a segment, a query, or lead to another path.

import { FORMS } from '../../sdk/manifest/names.ts'

const PARAMETER = /\{([A-Za-z][A-Za-z0-9_]*)\}/g
const PAGE_PATH = new RegExp(FORMS.pagePath.pattern)

/** Names of the parameters in a path. */
export function parametersOf(path: string): readonly string[] {
  return [...path.matchAll(PARAMETER)].map(([, name = '']) => name)
}

/** Undefined when a value is missing, is neither text nor number, or would change the path. */
export function filledPath(path: string, params: Readonly<Record<string, unknown>>): string | undefined {
  let isComplete = true
  const filled = path.replaceAll(PARAMETER, (_, name: string) => {
    const value = Object.hasOwn(params, name) ? params[name] : undefined
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    if (!isPlain || value === '' || !String(value).isWellFormed()) isComplete = false
    return isComplete ? encodeURIComponent(String(value)) : ''
  })
  return isComplete && PAGE_PATH.test(filled) ? filled : undefined
}
