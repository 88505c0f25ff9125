// The volumes of this machine: drives, and folders that the operator offers like drives.

import { Type } from '../schema.ts'
import { orNull, STRICT, Text, type TypeOf } from './shape.ts'

export const Volume = Type.Object(
  {
    id: Type.String({ description: 'Stays the same as long as the volume is in the same place' }),
    name: Text,
    path: Type.String({
      description: 'Its root; the device of a drive that is not mounted. Plugins do not learn it',
    }),
    writable: Type.Boolean(),
    dataFolder: Type.String({ description: 'Below the root: holds a folder for each plugin' }),
    freeBytes: Type.Integer(),
    totalBytes: Type.Integer(),
    filesystem: orNull(Text),
    kind: Type.Union([Type.Literal('folder'), Type.Literal('removable')]),
    metadata: Type.Record(Type.String(), Type.String()),
    problem: orNull(
      Type.Object({ code: Text, message: Text }, { ...STRICT, description: 'Why it cannot be used now' }),
    ),
  },
  STRICT,
)
export type Volume = TypeOf<typeof Volume>

export const VolumeParams = Type.Object({ id: Type.String({ description: 'As in the list' }) }, STRICT)
