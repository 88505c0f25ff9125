// Durable events on their way to plugins, and those that could not be delivered.

import { Type } from '../schema.ts'
import { PAGE } from './lists.ts'
import { PluginId } from './plugins.ts'
import { Problem } from './problems.ts'
import { Anything, orNull, STRICT, Text, Time, type TypeOf } from './shape.ts'

const State = Type.Enum(['waiting', 'running', 'dead'], {
  description: 'A dead one has failed as often as the configuration allows, and is not repeated by itself',
})

export const DeliveriesQuery = Type.Object(
  { ...PAGE, plugin: Type.Optional(PluginId), state: Type.Optional(State) },
  STRICT,
)

export const EventDelivery = Type.Object(
  {
    id: Text,
    plugin: Type.String({ description: 'Id of the plugin that gets it' }),
    name: Type.String({ description: 'Of the event' }),
    key: orNull(Text),
    data: Anything,
    time: Time,
    state: State,
    attempts: Type.Integer({ description: 'Failed ones' }),
    nextAt: orNull(Time),
    problem: orNull(Problem),
  },
  STRICT,
)
export type EventDelivery = TypeOf<typeof EventDelivery>

/** One of the two. */
export const DeadDeliveries = Type.Object(
  {
    id: Type.Optional(Type.String({ maxLength: 200, description: 'One delivery' })),
    plugin: Type.Optional(PluginId),
  },
  { ...STRICT, minProperties: 1, maxProperties: 1, description: 'One dead delivery, or all of a plugin' },
)
export type DeadDeliveries = TypeOf<typeof DeadDeliveries>

export const ChangedDeliveries = Type.Object(
  { count: Type.Integer({ description: 'How many there were' }) },
  STRICT,
)
export type ChangedDeliveries = TypeOf<typeof ChangedDeliveries>
