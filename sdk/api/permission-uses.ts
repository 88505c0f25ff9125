// What a plugin has used of what it was granted.

import { Type } from '../schema.ts'
import { orNull, STRICT, Time, type TypeOf } from './shape.ts'

export const PermissionUse = Type.Object(
  {
    permission: Type.String({ description: 'One that its manifest asks for' }),
    isCounted: Type.Boolean({
      description:
        'False: its use is not seen by the server, or only a part of it, so that none says nothing',
    }),
    count: Type.Integer({ description: 'Calls since the server started' }),
    lastAt: orNull(Time),
  },
  STRICT,
)
export type PermissionUse = TypeOf<typeof PermissionUse>

export const PermissionUses = Type.Object(
  { items: Type.Array(PermissionUse), nextCursor: Type.Null() },
  STRICT,
)
