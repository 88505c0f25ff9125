// The actions that plugins offer to users.

import { FORMS } from '../manifest/names.ts'
import { Type } from '../schema.ts'
import { Icon } from './menus.ts'
import { PluginId } from './plugins.ts'
import { Anything, orNull, STRICT, Text, type TypeOf } from './shape.ts'

const Context = Type.String({ pattern: FORMS.dottedName.pattern, maxLength: 100 })
const ObjectId = Type.String({ maxLength: 1000, description: 'Of the object, as the application knows it' })

export const ActionsQuery = Type.Object(
  {
    context: Type.Optional(Context),
    object: Type.Optional(ObjectId),
    language: Type.Optional(Type.String({ maxLength: 100, description: 'A BCP 47 tag' })),
  },
  STRICT,
)

export const Action = Type.Object(
  {
    plugin: Type.String({ description: 'Id of the plugin' }),
    id: Text,
    context: Text,
    title: Text,
    description: orNull(Text),
    category: orNull(Text),
    icon: Icon,
    arguments: Anything,
    ready: Type.Boolean(),
    reason: orNull(Type.String({ description: 'Why it is not ready' })),
  },
  { ...STRICT, description: 'An action; its form is a JSON Schema, texts are in the language of the user' },
)
export type Action = TypeOf<typeof Action>

export const Actions = Type.Object({ items: Type.Array(Action), nextCursor: Type.Null() }, STRICT)
export type Actions = TypeOf<typeof Actions>

export const ActionParams = Type.Object(
  { plugin: PluginId, action: Type.String({ pattern: FORMS.name.pattern, maxLength: 100 }) },
  STRICT,
)

export const ActionCall = Type.Object(
  {
    object: Type.Optional(ObjectId),
    arguments: Type.Optional(Type.Record(Type.String({ maxLength: 100 }), Anything, { maxProperties: 200 })),
  },
  STRICT,
)

export const CheckedAction = Type.Object(
  { arguments: Type.Record(Text, Anything, { description: 'As the action would get them' }) },
  STRICT,
)

const TaskOfAction = Type.Object({ id: Text, name: Text }, STRICT)

export const ActionAnswer = Type.Object(
  {
    message: orNull(Type.String({ description: 'What the plugin says of it' })),
    added: Type.Array(TaskOfAction, { description: 'Tasks that wait or run now because of it' }),
    skipped: Type.Array(TaskOfAction, {
      description: 'Tasks that were left out: the same ones wait or run already',
    }),
  },
  STRICT,
)
export type ActionAnswer = TypeOf<typeof ActionAnswer>

export const ContextParams = Type.Object({ context: Context }, STRICT)

export const ObjectChoices = Type.Object(
  { items: Type.Array(Type.Object({ id: Text, title: Text }, STRICT)), nextCursor: Type.Null() },
  STRICT,
)
