// The parameters that a page passes to a bundle: JSON of the browser, so they are hostile.

import { PlugbayError } from '../errors.ts'

/** Of the text, in characters: it is part of an address. */
const MAX_PARAMS = 4000

export type Params = Readonly<Record<string, unknown>>

/** @throws PlugbayError BAD_REQUEST */
export function parseParams(text: string | null): Params {
  if (text === null || text === '') return {}
  if (text.length > MAX_PARAMS)
    throw new PlugbayError(
      'BAD_REQUEST',
      `The parameters of a bundle have more than ${MAX_PARAMS} characters`,
    )
  let value: unknown
  try {
    value = JSON.parse(text, refusePrototype)
  } catch (cause) {
    throw new PlugbayError('BAD_REQUEST', 'The parameters of a bundle are not JSON', { cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new PlugbayError('BAD_REQUEST', 'The parameters of a bundle are not an object')
  return value as Params
}

function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('"__proto__" is not a name')
  return value
}
