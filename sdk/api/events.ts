// Events of the runtime, sent as server-sent events: each event name with its data.

import { Type } from '../schema.ts'
import { PluginState } from './plugins.ts'
import { orNull, STRICT, Text, type TypeOf } from './shape.ts'

export const RUNTIME_EVENTS = {
  'plugin.state': Type.Object({ id: Text, state: PluginState, version: orNull(Text) }, STRICT),
  'plugin.removed': Type.Object({ id: Text }, STRICT),
} as const

type Shapes = typeof RUNTIME_EVENTS

export type RuntimeEventName = keyof Shapes

/** The data of an event, by its name. */
export type RuntimeEventData<Name extends RuntimeEventName> = TypeOf<Shapes[Name]>

/** One event. `id` grows, and is also the id of the server-sent event. */
export type RuntimeEvent = {
  [Name in RuntimeEventName]: {
    readonly id: number
    readonly type: Name
    readonly data: RuntimeEventData<Name>
  }
}[RuntimeEventName]
