// What all kinds of lists share: each entry is a piece, and an entry is covered when one held entry is at least as wide.

import type { DeepReadonly, Static } from '../../schema.ts'
import type { JsonSchema, Kind, Mistake } from '../kind.ts'
import type { PermissionWords } from '../row.ts'

interface EntryRules<Entry> {
  /** Whether `held` is at least as wide as `wanted`. */
  covers(held: Entry, wanted: Entry): boolean
  label(entry: Entry): string
  /** For translators: what `label` returns, where that is not made of names and numbers. */
  readonly labels?: readonly string[]
  /** What is wrong with an entry that matches the schema. */
  mistake?(entry: Entry): Omit<Mistake, 'place'> | undefined
  /** Words for a list that holds such an entry. */
  readonly special?: { readonly is: (entry: Entry) => boolean; readonly words: Partial<PermissionWords> }
}

const MOST_ENTRIES = 100

export function list<const Schema extends JsonSchema>(
  items: Schema,
  rules: EntryRules<DeepReadonly<Static<Schema>>>,
): Kind<readonly DeepReadonly<Static<Schema>>[]> {
  const { special } = rules
  return {
    schema: (use) => ({ type: 'array', items, minItems: use === 'asked' ? 1 : 0, maxItems: MOST_ENTRIES }),
    mistakes: (value) =>
      value.flatMap((entry, index) => {
        const mistake = rules.mistake?.(entry)
        return mistake === undefined ? [] : [{ place: [index], ...mistake }]
      }),
    pieces: (value) => entriesOf(value).map((entry) => [entry]),
    join: (pieces) => pieces.flat(),
    covers: (held, piece) => {
      const entries = entriesOf(held)
      // Identical text is the rule, and cheap to compare.
      return entriesOf(piece).every(
        (wanted) => entries.includes(wanted) || entries.some((entry) => rules.covers(entry, wanted)),
      )
    },
    label: (piece) => piece.map(rules.label).join(', '),
    ...(rules.labels !== undefined && { labels: rules.labels }),
    ...(special !== undefined && {
      words: (value) => (entriesOf(value).some(special.is) ? special.words : {}),
      wordings: [special.words],
    }),
  }
}

/** A value that is not a list has no entries: it requests nothing and grants nothing. */
function entriesOf<Entry>(value: readonly Entry[]): readonly Entry[] {
  return Array.isArray(value) ? value : []
}
