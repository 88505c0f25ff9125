// Container images of plugins: which there are, and what an administrator has done with them.

import { Type } from '../schema.ts'
import { Problem } from './problems.ts'
import { orNull, STRICT, Text, type TypeOf } from './shape.ts'

const IMAGE_USES = ['build', 'remote'] as const

export const ImageView = Type.Object(
  {
    name: Text,
    plugin: Text,
    use: Type.Enum([...IMAGE_USES], {
      description:
        '"build": it is built from templates; "remote": it is pulled from a registry and pushed to it',
    }),
    tag: orNull(Type.String({ description: 'Rendered with the values of now; null: see "problem"' })),
    problem: orNull(Problem),
  },
  STRICT,
)
export type ImageView = TypeOf<typeof ImageView>

export const ImageRequest = Type.Object(
  {
    names: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      minItems: 1,
      maxItems: 100,
      description: 'Names of images, or "all": those that have no problem',
    }),
    noCache: Type.Optional(Type.Boolean({ description: 'build: do every step anew' })),
    args: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,99}$' }),
        Type.String({ maxLength: 4000, pattern: '^[^\\u0000]*$' }),
        {
          additionalProperties: false,
          maxProperties: 50,
          description:
            'build: values for ARG of the Dockerfile. They stand in the log and in the image: no place for secrets',
        },
      ),
    ),
  },
  STRICT,
)
export type ImageRequest = TypeOf<typeof ImageRequest>

export const ImageTask = Type.Object(
  { name: Text, plugin: Text, tag: Text, task: Type.String({ description: 'Id of the task that does it' }) },
  STRICT,
)
export type ImageTask = TypeOf<typeof ImageTask>

export const ImageTasks = Type.Object({ items: Type.Array(ImageTask) }, STRICT)
