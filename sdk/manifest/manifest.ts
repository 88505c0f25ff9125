// The manifest of a plugin: one source for the TypeScript type, the JSON Schema and the published schema file.
// Invariant: unknown fields are errors at every level, except inside values that the author defines.

import { permissionsSchema } from '../permissions/schema.ts'
import { type DeepReadonly, type Static, Type, toPlainJson } from '../schema.ts'
import { configurationFields } from './configuration.ts'
import { contributionsSchema } from './contributions.ts'
import { identityFields } from './identity.ts'
import { partFields } from './parts.ts'

/** Where a running server serves the schema file, and its $id. */
export const MANIFEST_SCHEMA_ID = '/schema/manifest.v1.json'

/** The schema of manifest.json. The package check adds what a schema cannot express (files that exist, ranges that match). */
export const manifestSchema = Type.Object(
  {
    ...identityFields,
    ...partFields,
    permissions: Type.Optional(permissionsSchema),
    ...configurationFields,
    contributes: Type.Optional(contributionsSchema),
  },
  {
    additionalProperties: false,
    title: 'Plugbay plugin manifest',
    description: 'manifest.json of a Plugbay plugin, at the root of the zip or in its single top folder',
  },
)

/** A manifest that has been checked. */
export type Manifest = DeepReadonly<Static<typeof manifestSchema>>

/** The schema as plain JSON (2020-12): what the server serves, the package publishes and ajv compiles. */
export function manifestJsonSchema(): Readonly<Record<string, unknown>> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: MANIFEST_SCHEMA_ID,
    ...toPlainJson(manifestSchema),
  }
}
