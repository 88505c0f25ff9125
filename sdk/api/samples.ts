// The sample plugins that come with the server.

import { Type } from '../schema.ts'
import { STRICT, type TypeOf } from './shape.ts'

const Sample = Type.Object(
  {
    id: Type.String({ description: 'Of the plugin' }),
    isInstalled: Type.Boolean(),
    misbehaves: Type.Boolean({
      description: 'Exceeds its limits on purpose, to show how the server stops it',
    }),
  },
  STRICT,
)
export type Sample = TypeOf<typeof Sample>

export const SampleList = Type.Object(
  {
    items: Type.Array(Sample, { description: 'None in an application that embeds the runtime' }),
    nextCursor: Type.Null(),
  },
  STRICT,
)
