// Lists of USB filters, in the shape of WebUSB's. runtime/devices/usb/usb-filter.ts matches them with devices.

import type { DeepReadonly, Static } from '../../schema.ts'
import { list } from './list.ts'

const usbFilter = {
  type: 'object',
  properties: {
    vendorId: { type: 'integer', minimum: 0, maximum: 65_535, description: 'Vendor id (idVendor)' },
    productId: {
      type: 'integer',
      minimum: 0,
      maximum: 65_535,
      description: 'Product id (idProduct); needs "vendorId"',
    },
    classCode: {
      type: 'integer',
      minimum: 0,
      maximum: 255,
      description: 'Class of the device or of one of its interfaces',
    },
    serialNumber: {
      type: 'string',
      minLength: 1,
      maxLength: 126,
      description: 'Serial number of one device',
    },
    detachKernelDriver: {
      type: 'boolean',
      description: 'Whether interfaces may be taken from drivers of the system while the plugin uses them',
    },
  },
  additionalProperties: false,
  dependentRequired: { productId: ['vendorId'] },
  description: 'A device matches when every field matches; an empty filter matches every device',
} as const

export type UsbFilter = DeepReadonly<Static<typeof usbFilter>>

const CLASSES: Readonly<Record<number, string>> = {
  1: 'audio devices',
  2: 'modems and serial adapters',
  3: 'keyboards, mice and other input devices',
  6: 'cameras and scanners',
  7: 'printers',
  8: 'storage devices',
  9: 'hubs',
  10: 'serial data devices',
  11: 'smart card readers',
  14: 'video devices',
  224: 'wireless adapters',
  255: 'devices of a vendor-specific class',
}

const EVERY_DEVICE = 'every USB device'

export const usbFilters = list(usbFilter, {
  covers: isWider,
  label: describeUsbFilter,
  labels: [...Object.values(CLASSES), EVERY_DEVICE],
})

/** A filter is wider when the other one has the same value in each field that it sets, and wants no more of the device. */
function isWider(wide: UsbFilter, narrow: UsbFilter): boolean {
  const { detachKernelDriver: mayDetach = false, ...fields } = wide
  const { detachKernelDriver: wantsToDetach = false, ...others } = narrow
  const other: Readonly<Record<string, unknown>> = others
  const isSameOrFewer = Object.entries(fields).every(
    ([field, value]) => value === undefined || value === other[field],
  )
  return isSameOrFewer && (mayDetach || !wantsToDetach)
}

/** A filter in words, for example `vendor 0x046D, product 0xC52B`. */
export function describeUsbFilter(filter: UsbFilter): string {
  const parts: string[] = []
  if (filter.vendorId !== undefined) parts.push(`vendor ${hex(filter.vendorId)}`)
  if (filter.productId !== undefined) parts.push(`product ${hex(filter.productId)}`)
  if (filter.classCode !== undefined)
    parts.push(CLASSES[filter.classCode] ?? `device class ${hex(filter.classCode)}`)
  if (filter.serialNumber !== undefined) parts.push(`serial number "${filter.serialNumber}"`)
  const devices = parts.length > 0 ? parts.join(', ') : EVERY_DEVICE
  return filter.detachKernelDriver === true ? `${devices}, also while the system uses it` : devices
}

function hex(value: number): string {
  return `0x${value.toString(16).toUpperCase().padStart(4, '0')}`
}
