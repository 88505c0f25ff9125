// The USB devices that a plugin may use, and which of them it gets when it asks for one.

import { Type } from '../schema.ts'
import { orNull, STRICT, Text, type TypeOf } from './shape.ts'

const ID = Type.Integer({ minimum: 0, maximum: 65_535 })

const IDENTITY = {
  vendorId: ID,
  productId: ID,
  serialNumber: orNull(
    Type.String({
      minLength: 1,
      maxLength: 126,
      description: 'Null: any device of the product that has none',
    }),
  ),
}

export const PluginDevice = Type.Object(
  {
    ...IDENTITY,
    manufacturerName: orNull(Text),
    productName: orNull(Text),
    isConnected: Type.Boolean(),
    isChosen: Type.Boolean({ description: 'requestDevice() returns the first of these that is plugged in' }),
    holder: orNull(Type.String({ description: 'Id of the plugin that has it open now' })),
  },
  STRICT,
)
export type PluginDevice = TypeOf<typeof PluginDevice>

export const ChosenDevices = Type.Object(
  {
    chosen: Type.Array(Type.Object(IDENTITY, STRICT), {
      maxItems: 20,
      description: 'The preferred one first; none takes the choice back',
    }),
  },
  STRICT,
)
export type ChosenDevices = TypeOf<typeof ChosenDevices>
