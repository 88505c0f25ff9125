// The fields of one error code.

export interface ErrorRow {
  /** HTTP status of the problem+json answer. */
  readonly status: number
  /** One sentence, no final period. Safe to show to strangers. */
  readonly title: string
  /** The people who can act on it. */
  readonly audience: 'author' | 'operator' | 'visitor' | 'plugin'
  /** What to do next. */
  readonly hint: string
}
