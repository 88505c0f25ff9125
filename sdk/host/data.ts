// What belongs to an application besides the data of plugins: folders and databases that a backup holds.

import { FORMS } from '../manifest/names.ts'
import { textOf } from '../manifest/text-schema.ts'
import { type DeepReadonly, type Static, Type } from '../schema.ts'
import { STRICT } from './point.ts'

const path = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 4096, description }))

const dataSource = Type.Object(
  {
    title: textOf(100, 'Display name'),
    folder: path('Absolute path of a folder: all files in it belong to the data'),
    database: path('Absolute path of an SQLite database'),
  },
  STRICT,
)
/** A part of the application's data: either a folder or a database. */
export type DataSource = DeepReadonly<Static<typeof dataSource>>

export const hostData = Type.Optional(
  Type.Record(Type.String({ pattern: FORMS.id.pattern }), dataSource, {
    ...STRICT,
    maxProperties: 100,
    description: "The application's own data, by a name that is one part of a path",
  }),
)
