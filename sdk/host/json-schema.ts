// The schemas that a host declares: JSON Schema (2020-12), or a typebox schema, which is the same.

import { Type, type XStatic } from '../schema.ts'

export type JsonSchema = boolean | { readonly [keyword: string]: unknown }

/** The TypeScript type of the values that a schema accepts; `unknown` for what the compiler cannot tell. */
export type ValueOf<Schema> = XStatic<Schema>

/** A field of a declaration that holds a schema. */
export function schemaOf(description: string) {
  return Type.Unsafe<JsonSchema>({
    type: ['object', 'boolean'],
    description: `${description}: a JSON Schema`,
  })
}
