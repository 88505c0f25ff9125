// What a plugin has stored, for its author: keys and values, tables, files. Only the server of "plugbay dev" shows it.

import { Type } from '../schema.ts'
import { PAGE } from './lists.ts'
import { orNull, STRICT, Text, Time, type TypeOf } from './shape.ts'

const Key = Type.String({ minLength: 1, maxLength: 1024 })

export const StorageQuery = Type.Object(
  {
    limit: PAGE.limit,
    cursor: Type.Optional(Type.String({ maxLength: 2000 })),
    prefix: Type.Optional(Type.String({ maxLength: 1024 })),
  },
  STRICT,
)
export type StorageQuery = TypeOf<typeof StorageQuery>

export const KeyQuery = Type.Object({ key: Key }, STRICT)

export const StoredKey = Type.Object({ key: Text, expiresAt: orNull(Time), metadata: Type.Unknown() }, STRICT)
export type StoredKey = TypeOf<typeof StoredKey>

export const StoredValue = Type.Object(
  {
    key: Text,
    bytes: Type.Integer(),
    text: orNull(Type.String({ description: 'null for bytes that are no text' })),
    metadata: Type.Unknown({ description: 'null for none' }),
    version: Text,
  },
  STRICT,
)
export type StoredValue = TypeOf<typeof StoredValue>

export const ValueChange = Type.Object(
  {
    key: Key,
    text: Type.String({ maxLength: 1_000_000 }),
    version: orNull(
      Type.String({ maxLength: 100, description: 'The one that is replaced; null for a key that is new' }),
    ),
  },
  { ...STRICT, description: 'Metadata and expiration stay as they are' },
)
export type ValueChange = TypeOf<typeof ValueChange>

export const StoredTable = Type.Object(
  {
    name: Text,
    kind: Type.Enum(['table', 'view']),
    sql: orNull(Type.String({ description: 'That made it' })),
  },
  STRICT,
)
export type StoredTable = TypeOf<typeof StoredTable>

export const RowQuery = Type.Object(
  {
    table: Type.String({ minLength: 1, maxLength: 1000 }),
    offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000_000, default: 0 })),
    limit: PAGE.limit,
  },
  STRICT,
)
export type RowQuery = TypeOf<typeof RowQuery>

export const StoredRows = Type.Object(
  {
    columns: Type.Array(Text),
    rows: Type.Array(Type.Array(Type.Union([Type.Null(), Type.Number(), Text])), {
      description: "Texts are cut; bytes are shown as x'…' in hex, cut too",
    }),
    nextOffset: orNull(Type.Integer()),
  },
  STRICT,
)
export type StoredRows = TypeOf<typeof StoredRows>

export const StoredFile = Type.Object(
  { key: Text, bytes: Type.Integer(), uploadedAt: Time, contentType: orNull(Text) },
  STRICT,
)
export type StoredFile = TypeOf<typeof StoredFile>
