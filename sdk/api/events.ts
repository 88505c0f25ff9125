// What happens in the runtime, as server-sent events: the events by name, with their data.

import { Type } from '../schema.ts'
import { PluginState } from './plugins.ts'
import { orNull, STRICT, Text, type TypeOf } from './shape.ts'

export const RUNTIME_EVENTS = {
  'plugin.state': Type.Object({ id: Text, state: PluginState, version: orNull(Text) }, STRICT),
  'plugin.removed': Type.Object({ id: Text }, STRICT),
} as const

type Shapes = typeof RUNTIME_EVENTS

export type RuntimeEventName = keyof Shapes

/** What an event of that name says. */
export type RuntimeEventData<Name extends RuntimeEventName> = TypeOf<Shapes[Name]>

/** One event; `id` grows, and is that of the stream. */
export type RuntimeEvent = {
  [Name in RuntimeEventName]: {
    readonly id: number
    readonly type: Name
    readonly data: RuntimeEventData<Name>
  }
}[RuntimeEventName]
