// Menus of the application, which get links to pages of plugins.

import { type DeepReadonly, type Static, Type } from '../schema.ts'
import { schemaOf } from './json-schema.ts'
import { POINT, STRICT } from './point.ts'

export const menuPoint = Type.Object(
  { ...POINT, params: Type.Optional(schemaOf('What the page with the menu passes to the links')) },
  STRICT,
)
export type MenuPoint = DeepReadonly<Static<typeof menuPoint>>
