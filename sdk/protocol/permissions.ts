// The vocabulary of permissions: what a manifest asks and, possibly narrower, what an administrator granted.

export interface UsbFilter {
  readonly vendorId?: number
  readonly productId?: number
  readonly classCode?: number
  readonly serialNumber?: string
}

export interface Permissions {
  readonly kv?: true
  readonly database?: true
  readonly tasks?: true
  /** Origins, for example "https://api.example.org". */
  readonly network?: readonly string[]
  readonly usb?: readonly UsbFilter[]
  readonly volumes?: 'read' | 'readwrite'
  /** Event patterns, for example "content.*". */
  readonly events?: readonly string[]
  /** Names that the embedding application offers. */
  readonly host?: readonly string[]
}

export type PermissionName = keyof Permissions

export const PERMISSION_NAMES = [
  'kv',
  'database',
  'tasks',
  'network',
  'usb',
  'volumes',
  'events',
  'host',
] as const satisfies readonly PermissionName[]
