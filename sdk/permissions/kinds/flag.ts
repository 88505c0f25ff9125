// Permissions that are granted or not, with nothing to narrow.

import type { Kind } from '../kind.ts'

export const flag: Kind<true> = {
  schema: () => ({ type: 'boolean', const: true }),
  pieces: (value) => [value],
  join: ([value]) => value,
  covers: (held, piece) => held === true && piece === true,
  label: () => '',
}
