// How an attack may end for the one who asked for it.

/** The process was ended while it worked, or its deadline passed. */
export const ENDED = [502, 503, 504] as const
/** The guest's own error, or its end: which of the two comes first depends on the version of V8. */
export const FAILED = [500, 502, 503, 504] as const
/** It may also do what was asked within its limits. */
export const ANY = [200, 500, 502, 503, 504] as const
