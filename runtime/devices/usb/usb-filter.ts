// Matches USB devices with filters, by the rules of WebUSB (https://wicg.github.io/webusb/#device-match-a-filter).
// Invariant: an empty list of filters matches nothing; an absent field matches everything.

import type { DeviceChoice } from '../../../plugin-store/store.ts'
import type { UsbFilter } from '../../../sdk/permissions/kinds/usb-filters.ts'
import type { UsbDevice } from '../../../sdk/plugin-api/usb.ts'

export interface FilterableDevice
  extends Pick<UsbDevice, 'vendorId' | 'productId' | 'deviceClass' | 'serialNumber'> {
  /** Classes of its interfaces: most devices declare their class there, and have 0 as their own. */
  readonly interfaceClasses: readonly number[]
}

/** Whether at least one of the filters matches the device in all its fields. */
export function matches(device: FilterableDevice, filters: readonly UsbFilter[]): boolean {
  return filters.some((filter) => matchesOne(device, filter))
}

/** Whether a filter that matches the device also allows to take its interfaces from drivers of the system. */
export function mayDetach(device: FilterableDevice, filters: readonly UsbFilter[]): boolean {
  return filters.some((filter) => filter.detachKernelDriver === true && matchesOne(device, filter))
}

/** Whether it is the device that was chosen, plugged in anywhere. */
export function isChosen(device: FilterableDevice, choice: DeviceChoice): boolean {
  return (
    device.vendorId === choice.vendorId &&
    device.productId === choice.productId &&
    device.serialNumber === choice.serialNumber
  )
}

function matchesOne(device: FilterableDevice, filter: UsbFilter): boolean {
  return (
    (filter.vendorId === undefined || filter.vendorId === device.vendorId) &&
    (filter.productId === undefined || filter.productId === device.productId) &&
    (filter.serialNumber === undefined || filter.serialNumber === device.serialNumber) &&
    (filter.classCode === undefined ||
      filter.classCode === device.deviceClass ||
      device.interfaceClasses.includes(filter.classCode))
  )
}
