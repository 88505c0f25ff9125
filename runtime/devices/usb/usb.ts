// USB: the devices of the machine, and those that plugins have open.

import type { Store } from '../../../plugin-store/store.ts'
import { PluginDevices } from './plugin-devices.ts'
import { createUsbBackend, type UsbBackend } from './usb-backend.ts'
import { createUsbDevices, type UsbDevices } from './usb-devices.ts'
import type { UsbProcessOptions } from './usb-process.ts'
import { UsbSessions } from './usb-sessions.ts'

export type { UsbBackend } from './usb-backend.ts'
export type { UsbDevices } from './usb-devices.ts'

export interface Usb {
  readonly devices: UsbDevices
  readonly sessions: UsbSessions
  readonly ofPlugins: PluginDevices
  /** Device processes. */
  readonly pids: readonly number[]
  /** Closes every session, and frees the devices. */
  close(): Promise<void>
}

export interface UsbParts extends Pick<UsbProcessOptions, 'jail' | 'log'> {
  /** Device processes; a test may have something else. */
  readonly backend: UsbBackend | undefined
  readonly store: Pick<Store, 'audit' | 'deviceChoices'>
  /** Called with milliseconds of CPU time. */
  readonly charge: (pluginId: string, ms: number) => void
}

export function openUsb({ backend, store, charge, jail, log }: UsbParts): Usb {
  const usb = backend ?? createUsbBackend({ jail, log })
  const devices = createUsbDevices({
    backend: usb,
    warn: (message, error) => log.debug({ error: String(error) }, message),
  })
  const sessions = new UsbSessions({
    ...{ devices, charge },
    connect: (device) => usb.connect(device),
    audit: (plugin, { vendorId, productId, serialNumber, productName }) =>
      store.audit.append(plugin, {
        actor: `plugin ${plugin}`,
        action: 'device.open',
        detail: { vendorId, productId, serialNumber, productName },
      }),
    warn: (message, error) => log.warn({ error: String(error) }, message),
  })
  return {
    devices,
    sessions,
    ofPlugins: new PluginDevices({ devices, sessions, store: store.deviceChoices }),
    get pids() {
      return usb.pids
    },
    async close() {
      await sessions.close()
      await devices.close()
    },
  }
}
