// The USB devices of the machine, as an administrator sees them when granting access to some.

import { Device } from '../../../sdk/api/devices.ts'
import { listOf } from '../../../sdk/api/lists.ts'
import type { UsbDeviceInfo } from '../../devices/usb/usb-devices.ts'
import { defineRoute } from './route.ts'

export const deviceRoutes = [
  defineRoute({
    method: 'GET',
    path: '/devices',
    operationId: 'listDevices',
    summary: 'The USB devices of this machine',
    tag: 'devices',
    permission: 'devices.view',
    responses: {
      200: {
        description: 'All of them, on one page; none where the machine has no USB',
        schema: listOf(Device),
      },
    },
    async handle({ services }) {
      const devices = await services.devices.list()
      return { status: 200, json: { items: devices.map(toView), nextCursor: null } }
    },
  }),
]

function toView(device: UsbDeviceInfo): Device {
  const { key, vendorId, productId, deviceClass, interfaceClasses } = device
  return {
    key,
    vendorId,
    productId,
    deviceClass,
    interfaceClasses,
    manufacturerName: device.manufacturerName ?? null,
    productName: device.productName ?? null,
    serialNumber: device.serialNumber ?? null,
  }
}
