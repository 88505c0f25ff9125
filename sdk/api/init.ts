// Steps of plugins that set the application up.

import { FORMS } from '../manifest/names.ts'
import { Type } from '../schema.ts'
import { orNull, STRICT, Text, type TypeOf } from './shape.ts'

export const InitStep = Type.Object(
  {
    plugin: Text,
    stage: Type.Enum(['pre', 'run'], { description: 'Before, or after, the application sets itself up' }),
    name: Text,
    kind: Type.Enum(['script', 'handler'], {
      description: 'A script among the templates of the plugin, or a handler of its backend',
    }),
    version: Type.String({ description: 'Of the release that serves' }),
    done: orNull(Type.String({ description: 'The release that it has last succeeded for' })),
  },
  STRICT,
)
export type InitStep = TypeOf<typeof InitStep>

export const InitSteps = Type.Object(
  {
    items: Type.Array(InitStep, { description: 'In the order in which they run' }),
    nextCursor: Type.Null(),
  },
  STRICT,
)
export type InitSteps = TypeOf<typeof InitSteps>

export const InitRequest = Type.Object(
  {
    limit: Type.Optional(
      Type.String({
        pattern: FORMS.id.pattern,
        maxLength: 63,
        description: 'Id of the plugin whose steps run, whether they have run for its release or not',
      }),
    ),
    again: Type.Optional(
      Type.Boolean({ description: 'Run all steps, those too that have run for their release' }),
    ),
  },
  STRICT,
)
export type InitRequest = TypeOf<typeof InitRequest>

export const StartedTask = Type.Object({ id: Type.String({ description: 'Of the task' }) }, STRICT)
export type StartedTask = TypeOf<typeof StartedTask>
