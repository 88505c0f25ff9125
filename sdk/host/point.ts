// What extension points of all kinds have in common.

import { FORMS } from '../manifest/names.ts'
import { textOf } from '../manifest/text-schema.ts'
import { type TSchema, Type } from '../schema.ts'

const MAX_POINT_NAME = 100
/** Of one kind. */
const MAX_POINTS = 1000

export const STRICT = { additionalProperties: false } as const

/** Fields of every point. */
export const POINT = {
  title: Type.Optional(textOf(100, 'Display name')),
  description: Type.Optional(textOf(2000, 'What it is for, for authors of plugins and for administrators')),
}

/** The points of one kind, by their dotted names. */
export function pointsOf<Point extends TSchema>(point: Point, description: string) {
  return Type.Optional(
    Type.Record(Type.String({ pattern: FORMS.dottedName.pattern }), point, {
      ...STRICT,
      maxProperties: MAX_POINTS,
      propertyNames: { maxLength: MAX_POINT_NAME },
      description,
    }),
  )
}
