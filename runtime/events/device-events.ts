// Events of the runtime about USB devices. Devices are watched only while a plugin is granted such an event, since watching polls.

import { matchesPattern } from '../../sdk/permissions/kinds/name-patterns.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'
import type { UsbChange, UsbDeviceInfo, UsbDevices } from '../devices/usb/usb-devices.ts'
import type { Events } from './events.ts'

const NAMES = { connect: 'device.connected', disconnect: 'device.disconnected' } as const

interface DeviceEventParts {
  readonly events: Pick<Events, 'emitOwn'>
  readonly live: Pick<LivePlugins, 'current' | 'subscribe'>
  readonly devices: Pick<UsbDevices, 'subscribe'>
  readonly onError: (error: unknown) => void
}

/** Returns the function that ends it. */
export function watchDevices({ events, live, devices, onError }: DeviceEventParts): () => void {
  let stop: (() => void) | undefined
  const report = ({ kind, device }: UsbChange): void => {
    events.emitOwn(NAMES[kind], dataOf(device)).catch(onError)
  }
  const look = (): void => {
    const isWanted = live
      .current()
      .some(({ grants }) =>
        grants.events?.some((pattern) => Object.values(NAMES).some((name) => matchesPattern(pattern, name))),
      )
    if (isWanted) stop ??= devices.subscribe(report)
    else {
      stop?.()
      stop = undefined
    }
  }
  look()
  const unsubscribe = live.subscribe(look)
  return () => {
    unsubscribe()
    stop?.()
  }
}

function dataOf({ vendorId, productId, deviceClass, ...device }: UsbDeviceInfo) {
  return {
    vendorId,
    productId,
    deviceClass,
    manufacturerName: device.manufacturerName ?? null,
    productName: device.productName ?? null,
    serialNumber: device.serialNumber ?? null,
  }
}
