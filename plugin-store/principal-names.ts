// Names of users and tokens: what may be one, and which two look the same to a reader of the audit log.
// Invariant: no name that is given here holds a character that cannot be seen, or looks like that of another principal.

import type { Db } from './database/engine.ts'
import type { Audit } from './store.ts'
import { StoreError } from './store-error.ts'

/** Letters, marks, digits, punctuation and symbols. */
const VISIBLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]+$/u
/** Those of them that are not shown, and marks of direction. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]/u
/** Alphabets with letters of the same shapes. */
const ALPHABETS = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u, /\p{Script=Armenian}/u]
const WORD = /[\p{L}\p{M}]+/gu

/** Letters and digits that look like Latin letters, in lower case (https://unicode.org/reports/tr39/). */
const SHAPES: readonly (readonly [string, string])[] = [
  ['\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455', 'aeopcyxijs'],
  ['\u043a\u043c\u043d\u0442\u0432\u04bb\u0501\u051b\u051d', 'kmhtbhdqw'],
  ['\u03b1\u03b2\u03b5\u03b7\u03b9\u03ba\u03bc\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7', 'abehikmvoptux'],
  ['\u0585\u057d\u0570', 'ouh'],
  ['01|', 'oll'],
]
const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  SHAPES.flatMap(([from, to]) => Array.from(from, (character, at) => [character, to.charAt(at)] as const)),
)
/** Actors that are not principals. */
const RESERVED: ReadonlySet<string> = new Set(['system', 'anonymous'])

/** Why a name cannot be one; undefined if it can. */
export function nameProblem(name: string): string | undefined {
  if (!name.split(' ').every((part) => VISIBLE.test(part)) || INVISIBLE.test(name))
    return 'A name consists of visible characters, with single spaces between them'
  const normal = name.normalize('NFKC')
  if (normal !== name) return `The name is written "${normal}"`
  const mixed = (name.match(WORD) ?? []).find(
    (word) => ALPHABETS.filter((each) => each.test(word)).length > 1,
  )
  if (mixed !== undefined) return `"${mixed}" mixes letters of several alphabets`
  return RESERVED.has(nameKey(name)) ? `"${name}" is not the name of a principal` : undefined
}

/** Equal for names that look the same. */
export function nameKey(name: string): string {
  const folded = name.normalize('NFKC').toUpperCase().toLowerCase()
  return Array.from(folded, (character) => LOOKALIKES.get(character) ?? character).join('')
}

interface Named {
  readonly name: string
  /** For a token: the user that it belongs to, whose name it may share. */
  readonly userId?: string
}

/**
 * The runtime itself names its tokens as it likes.
 * @throws StoreError BAD_REQUEST for a name that cannot be one, STATE_CONFLICT for one that looks like another principal's
 */
export async function requireDistinctName(db: Db, { name, userId }: Named, { actor }: Audit): Promise<void> {
  if (actor === 'system') return
  const problem = nameProblem(name)
  if (problem !== undefined) throw new StoreError('BAD_REQUEST', problem)
  const key = nameKey(name)
  const users = await db.selectFrom('users').select(['id', 'name']).execute()
  const tokens = await db.selectFrom('tokens').select('name').execute()
  const others = [...users.filter(({ id }) => id !== userId), ...tokens]
  const taken = others.find((each) => nameKey(each.name) === key)
  if (taken === undefined) return
  throw new StoreError(
    'STATE_CONFLICT',
    `There is a user or token "${taken.name}" already, which looks the same`,
  )
}
