// Lists of request headers by name, such as "authorization".

import { list } from './list.ts'

/** What only concerns a connection, or the runtime: it reaches no plugin, whatever is granted. */
const NEVER = /^(?:cookie2?|proxy-.+|plugbay-.+|connection|upgrade|te|trailer|expect|transfer-encoding)$/

export const headerNames = list(
  {
    type: 'string',
    pattern: '^[a-z0-9][a-z0-9_-]*$',
    minLength: 1,
    maxLength: 64,
    description: 'Name of a header in lower case, such as "authorization"',
  },
  {
    covers: (held, wanted) => held === wanted,
    label: (name) => name,
    mistake: (entry) =>
      NEVER.test(entry)
        ? { entry, is: 'a header that no plugin gets', hint: 'See docs/http.md, "Requests to a backend"' }
        : undefined,
  },
)
