// What the event of a part that failed carries.
// Invariant: imports nothing, so that who only reads types needs no shapes of the admin API, nor their library.

/** The `detail` of the event `plugbay-failure`. */
export interface FailureDetail {
  readonly plugin: string
  readonly bundle: string
  readonly message: string
}
