// Values as YAML: the operator's, from the command line, variables and the file of the application.
// Invariant: what comes out is JSON. It is YAML 1.2, in which "yes" and "22:30" are texts.

import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'

export type ParsedYaml =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string; readonly line?: number; readonly column?: number }

export function parseYaml(text: string): ParsedYaml {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    strict: true,
    uniqueKeys: true,
    prettyErrors: false,
  })
  const [error] = [...document.errors, ...document.warnings]
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0])
    return { ok: false, message: error.message, line, column: col }
  }
  const odd = document.contents === null ? undefined : oddKey(document.contents)
  if (odd !== undefined) return { ok: false, message: odd }
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 })
    const wrong = notJson(value)
    return wrong === undefined ? { ok: true, value } : { ok: false, message: wrong }
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) }
  }
}

/** Keys of JSON are texts. */
function oddKey(node: unknown): string | undefined {
  if (!isMap(node)) return undefined
  const key = node.items.find((pair) => !isScalar(pair.key))
  return key === undefined ? undefined : 'a key is not a text'
}

function notJson(value: unknown): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined
  if (typeof value === 'number')
    return Number.isFinite(value) ? undefined : `${value} is not a number of JSON`
  if (typeof value !== 'object') return `a ${typeof value} cannot be a value`
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype)
    return 'it has something that JSON cannot hold'
  for (const [key, item] of Object.entries(value)) {
    const wrong = key === '__proto__' ? 'a key cannot be "__proto__"' : notJson(item)
    if (wrong !== undefined) return wrong
  }
  return undefined
}
