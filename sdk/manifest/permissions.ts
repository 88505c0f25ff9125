// What a plugin may ask for. What is not asked here does not exist for the plugin.
// Invariant: the schema and sdk/protocol/permissions.ts describe the same type; the compiler refuses anything else.

import type { Permissions } from '../protocol/permissions.ts'
import { type DeepReadonly, type Static, Type } from '../schema.ts'
import { nameOf } from './name-schemas.ts'

const usbFilter = Type.Object(
  {
    vendorId: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 65_535, description: 'Vendor id (idVendor)' }),
    ),
    productId: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 65_535, description: 'Product id (idProduct); needs "vendorId"' }),
    ),
    classCode: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 255,
        description: 'Class of the device or of one of its interfaces',
      }),
    ),
    serialNumber: Type.Optional(
      Type.String({ minLength: 1, maxLength: 126, description: 'Serial number of one device' }),
    ),
  },
  {
    additionalProperties: false,
    dependentRequired: { productId: ['vendorId'] },
    description: 'A device matches when every field matches; an empty filter matches every device',
  },
)

export const permissionsSchema = Type.Object(
  {
    kv: Type.Optional(Type.Literal(true, { description: 'Small values by key: env.kv' })),
    database: Type.Optional(Type.Literal(true, { description: 'An SQL database of its own: env.db' })),
    tasks: Type.Optional(Type.Literal(true, { description: 'Background work: env.tasks' })),
    network: Type.Optional(
      Type.Array(nameOf('origin', 300, 'An origin, such as "https://api.example.org"'), {
        minItems: 1,
        maxItems: 100,
        description: 'Origins that fetch may reach',
      }),
    ),
    usb: Type.Optional(
      Type.Array(usbFilter, { minItems: 1, maxItems: 100, description: 'USB devices that env.usb shows' }),
    ),
    volumes: Type.Optional(
      Type.Enum(['read', 'readwrite'], { description: 'Removable volumes: env.volumes' }),
    ),
    events: Type.Optional(
      Type.Array(nameOf('eventPattern', 100, 'Name of an event or of a group of events'), {
        minItems: 1,
        maxItems: 100,
        description: 'Events that the plugin may receive and send, such as "content.*"',
      }),
    ),
    host: Type.Optional(
      Type.Array(nameOf('dottedName', 100, 'Name of a function of the application'), {
        minItems: 1,
        maxItems: 100,
        description: 'Functions of the embedding application: env.host',
      }),
    ),
  },
  {
    additionalProperties: false,
    description: 'What the plugin asks for; an administrator grants it, or less',
  },
)

type Same<A, B> = [A, keyof A] extends [B, keyof B]
  ? [B, keyof B] extends [A, keyof A]
    ? true
    : false
  : false
type Holds<T extends true> = T

/** Does not compile when the schema and the vocabulary of permissions differ. */
export type PermissionsAgree = Holds<Same<DeepReadonly<Static<typeof permissionsSchema>>, Permissions>>
