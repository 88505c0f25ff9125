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
    installation: Installation,
  },
  STRICT,
)
/** What was restored; `version` is the plugin's version when the snapshot was made. */
export type DataImportAnswer = TypeOf<typeof DataImportAnswer>
