// The stored data of a plugin, as a snapshot: docs/data.md describes its format.

import { Type } from '../schema.ts'
import { Installation } from './plugins.ts'
import { orNull, STRICT, Text, Time, type TypeOf } from './shape.ts'

export const ImportQuery = Type.Object(
  {
    force: Type.Optional(
      Type.Boolean({ default: false, description: 'Take a snapshot of another plugin, too' }),
    ),
  },
  STRICT,
)

export const DataImportAnswer = Type.Object(
  {
    plugin: Type.String({ description: 'The plugin that the snapshot was made of' }),
    version: orNull(Text),
    createdAt: Time,
    kvBytes: Type.Integer({ description: 'Keys, values and metadata, as the quota counts them' }),
    databaseBytes: Type.Integer({ description: 'The file of the SQL database' }),
    filesBytes: Type.Integer({ description: 'Files, as the quota counts them' }),
    installation: Installation,
  },
  STRICT,
)
/** What was restored; `version` is the plugin's version when the snapshot was made. */
export type DataImportAnswer = TypeOf<typeof DataImportAnswer>

export const RestoreQuery = Type.Object(
  {
    check: Type.Optional(
      Type.Boolean({ default: false, description: 'Check the backup, and change nothing' }),
    ),
  },
  STRICT,
)

export const RestoreAnswer = Type.Object(
  {
    restored: Type.Array(Text, { description: 'Parts that are as they were again' }),
    atNextStart: Type.Array(Text, { description: 'Parts that are so after a restart' }),
    checked: Type.Array(Text, { description: 'Parts that were checked only' }),
  },
  STRICT,
)
export type RestoreAnswer = TypeOf<typeof RestoreAnswer>
