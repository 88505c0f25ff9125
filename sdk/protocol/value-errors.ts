// Rows of the table of error codes (error-codes.ts) about values for the templates of the application, and about setting it up.

import type { ErrorRow } from './error-row.ts'

export const VALUE_ERRORS = {
  VALUE_UNKNOWN: {
    status: 404,
    title: 'There is no such value',
    audience: 'operator',
    hint: 'Correct the name; "plugbay values list" shows them all',
  },
  VALUES_INVALID: {
    status: 422,
    title: 'A value for templates is not valid',
    audience: 'operator',
    hint: 'Correct the value that the problems name',
  },
  VALUES_CONFLICT: {
    status: 409,
    title: 'Several plugins want the same value',
    audience: 'operator',
    hint: 'Decide which of them counts: set a value, change the order, or disable one',
  },
  INIT_FAILED: {
    status: 500,
    title: 'A step that sets the application up has failed',
    audience: 'operator',
    hint: 'Remove the cause and give the command again: it begins with this step',
  },
} as const satisfies Record<string, ErrorRow>
