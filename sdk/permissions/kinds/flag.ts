// Permissions that are either granted or not.

import type { Kind } from '../kind.ts'

export const flag: Kind<true> = {
  schema: () => ({ type: 'boolean', const: true }),
  pieces: (value) => [value],
  join: ([value]) => value,
  covers: (held, piece) => held === true && piece === true,
  label: () => '',
}
