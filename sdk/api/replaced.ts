// The plugins whose place a plugin asks to take ("replaces" in its manifest).

import { Type } from '../schema.ts'
import { STRICT, Text, type TypeOf } from './shape.ts'

export const ReplacedPlugin = Type.Object(
  {
    id: Text,
    state: Type.Enum(['open', 'late', 'taken', 'replaced', 'unknown'], {
      description:
        'open: an administrator may let it take the place; late: it has run, and may have data of its own; taken: another plugin has; replaced: it has; unknown: nothing of that id is here',
    }),
  },
  STRICT,
)
export type ReplacedPlugin = TypeOf<typeof ReplacedPlugin>
