// Which secret settings may be sent to which origins: { "apiKey": ["https://api.example.org"] }.

import { FORMS } from '../../manifest/names.ts'
import type { Kind } from '../kind.ts'
import { isSameOrigin, ORIGIN, originMistake } from './origins.ts'

/** Origins by setting. */
export type SecretOrigins = Readonly<Record<string, readonly string[]>>

const MOST_SECRETS = 200
const MOST_ORIGINS = 100

export const secretOrigins: Kind<SecretOrigins> = {
  schema: (use) => ({
    type: 'object',
    patternProperties: {
      [FORMS.settingKey.pattern]: {
        type: 'array',
        items: ORIGIN,
        minItems: use === 'asked' ? 1 : 0,
        maxItems: MOST_ORIGINS,
        description: 'Origins that the secret setting of this name may be sent to',
      },
    },
    additionalProperties: false,
    minProperties: use === 'asked' ? 1 : 0,
    maxProperties: MOST_SECRETS,
  }),
  mistakes: (value) =>
    pairsOf(value).flatMap(({ key, origin, index }) => {
      const mistake = originMistake(origin)
      return mistake === undefined ? [] : [{ place: [key, index], ...mistake }]
    }),
  pieces: (value) => pairsOf(value).map(({ key, origin }) => ({ [key]: [origin] })),
  join: (pieces) =>
    Object.fromEntries(
      Map.groupBy(pieces.flatMap(pairsOf), ({ key }) => key)
        .entries()
        .map(([key, pairs]) => [key, pairs.map(({ origin }) => origin)]),
    ),
  covers(held, piece) {
    const pairs = pairsOf(held)
    return pairsOf(piece).every(({ key, origin }) =>
      pairs.some((pair) => pair.key === key && isSameOrigin(pair.origin, origin)),
    )
  },
  label: (piece) =>
    pairsOf(piece)
      .map(({ key, origin }) => `"${key}" to ${origin}`)
      .join(', '),
}

interface Pair {
  readonly key: string
  readonly origin: string
  readonly index: number
}

/** A value of another form has no pairs: it requests nothing and grants nothing. */
function pairsOf(value: SecretOrigins): readonly Pair[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, origins]) =>
    Array.isArray(origins) ? origins.map((origin: string, index) => ({ key, origin, index })) : [],
  )
}
