// Permissions of a plugin: requested by its manifest, and granted by an administrator.

import { grantsSchema } from '../permissions/schema.ts'
import type { TypeOf } from './shape.ts'

export const Permissions = grantsSchema
export type Permissions = TypeOf<typeof Permissions>
