// Reads `key=value` pairs of which some may be secrets.
// Invariant: a secret is never taken from the command line, and at most one from standard input.

import type { Io } from './io.ts'
import { usageError } from './session.ts'

/** As it was typed; a pair without "=" is the key of a secret. */
export interface TypedPair {
  readonly key: string
  readonly value?: string
}

export interface PairReading {
  readonly isSecret: (key: string) => boolean
  /** For a key without a value that names no secret. */
  readonly notPair: (index: number) => Error
  readonly parse: (key: string, text: string, index: number) => unknown
  /** What removes a secret, for who gives an empty one. */
  readonly removal: string
}

/** @throws a usage error */
export async function readPairs(
  io: Io,
  pairs: readonly TypedPair[],
  { isSecret, notPair, parse, removal }: PairReading,
): Promise<readonly (readonly [string, unknown])[]> {
  for (const [index, { key, value }] of pairs.entries()) {
    if (value === undefined && !isSecret(key)) throw notPair(index)
    if (value !== undefined && isSecret(key))
      throw usageError(
        `"${key}" is a secret: on a command line other users and the history of the shell can see it`,
        'Leave "=" and the value out; it is then read from standard input',
      )
  }
  if (pairs.filter(({ value }) => value === undefined).length > 1)
    throw usageError('Only one secret can be read from standard input', 'Set one after the other')
  return await Promise.all(
    pairs.map(async ({ key, value }, index) => {
      const read = value === undefined ? secretFrom(io, key, removal) : parse(key, value, index)
      return [key, await read] as const
    }),
  )
}

async function secretFrom(io: Io, key: string, removal: string): Promise<string> {
  const text = (await io.readSecret(`Value of "${key}": `)).replace(/\r?\n$/, '')
  if (text === '') throw usageError('Standard input holds no value', `To remove a secret, use ${removal}`)
  return text
}
