// Events of the runtime about USB devices and removable drives.

import type { LivePlugins } from '../contributions/live-plugins.ts'
import type { UsbDeviceInfo, UsbDevices } from '../devices/usb/usb-devices.ts'
import type { Volumes } from '../devices/volumes/volumes.ts'
import type { Events } from './events.ts'
import { whileGranted } from './while-granted.ts'

const DEVICE_EVENTS = { connect: 'device.connected', disconnect: 'device.disconnected' } as const
const VOLUME_EVENTS = { mounted: 'volume.mounted', unmounted: 'volume.unmounted' } as const

interface DeviceEventParts {
  readonly events: Pick<Events, 'emitOwn'>
  readonly live: Pick<LivePlugins, 'current' | 'subscribe'>
  readonly devices: Pick<UsbDevices, 'subscribe'>
  readonly volumes: Pick<Volumes, 'subscribe'>
  readonly onError: (error: unknown) => void
}

/** Returns the function that ends it. */
export function watchDevices({ events, live, devices, volumes, onError }: DeviceEventParts): () => void {
  const stops = [
    whileGranted(live, Object.values(DEVICE_EVENTS), () =>
      devices.subscribe(({ kind, device }) => {
        events.emitOwn(DEVICE_EVENTS[kind], dataOf(device)).catch(onError)
      }),
    ),
    whileGranted(live, Object.values(VOLUME_EVENTS), () =>
      volumes.subscribe(({ kind, drive: { id, name, filesystem } }) => {
        events.emitOwn(VOLUME_EVENTS[kind], { id, name, filesystem }, id).catch(onError)
      }),
    ),
  ]
  return () => {
    for (const stop of stops) stop()
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
