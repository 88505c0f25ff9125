// What a plugin may do: as a manifest asks for it, and as an administrator grants it.

import { grantsSchema } from '../permissions/schema.ts'
import type { TypeOf } from './shape.ts'

export const Permissions = grantsSchema
export type Permissions = TypeOf<typeof Permissions>
