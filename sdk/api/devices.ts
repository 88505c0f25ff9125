// The USB devices of this machine.

import { Type } from '../schema.ts'
import { orNull, STRICT, Text, type TypeOf } from './shape.ts'

export const Device = Type.Object(
  {
    key: Type.String({ description: 'Stays the same until the device is unplugged' }),
    vendorId: Type.Integer(),
    productId: Type.Integer(),
    deviceClass: Type.Integer(),
    interfaceClasses: Type.Array(Type.Integer()),
    manufacturerName: orNull(Text),
    productName: orNull(Text),
    serialNumber: orNull(Text),
  },
  STRICT,
)
export type Device = TypeOf<typeof Device>
