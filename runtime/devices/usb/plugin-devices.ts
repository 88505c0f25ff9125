// The devices that one plugin may use, and those that an administrator chose for it.
// Invariant: a choice gives no right: what is chosen is used only as far as it is granted.

import type { Actor, DeviceChoice, DeviceChoices } from '../../../plugin-store/store.ts'
import type { UsbFilter } from '../../../sdk/permissions/kinds/usb-filters.ts'
import type { UsbDeviceInfo, UsbDevices } from './usb-devices.ts'
import { isChosen, matches } from './usb-filter.ts'
import type { UsbSessions } from './usb-sessions.ts'

export interface PluginDevice extends DeviceChoice {
  readonly manufacturerName: string | null
  readonly productName: string | null
  readonly isConnected: boolean
  readonly isChosen: boolean
  /** The plugin that has it open now. */
  readonly holder: string | null
}

export interface PluginDevicesParts {
  readonly devices: Pick<UsbDevices, 'list'>
  readonly sessions: Pick<UsbSessions, 'holderOf'>
  readonly store: DeviceChoices
}

export class PluginDevices {
  readonly #parts: PluginDevicesParts

  constructor(parts: PluginDevicesParts) {
    this.#parts = parts
  }

  /** What matches the grant and is plugged in, and what was chosen and is not. */
  async list(pluginId: string, granted: readonly UsbFilter[]): Promise<readonly PluginDevice[]> {
    const { devices, sessions, store } = this.#parts
    const [plugged, choices] = await Promise.all([devices.list(), store.of(pluginId)])
    const usable = plugged.filter((device) => matches(device, granted))
    const absent = choices.filter((choice) => !usable.some((device) => isChosen(device, choice)))
    return [
      ...usable.map((device) => ({
        ...{ vendorId: device.vendorId, productId: device.productId, serialNumber: device.serialNumber },
        ...{ manufacturerName: device.manufacturerName, productName: device.productName },
        isConnected: true,
        isChosen: choices.some((choice) => isChosen(device, choice)),
        holder: sessions.holderOf(device) ?? null,
      })),
      ...absent.map((choice) => ({
        ...choice,
        ...{ manufacturerName: null, productName: null, isConnected: false, isChosen: true, holder: null },
      })),
    ]
  }

  /** Replaces what was chosen. Rejects with PLUGIN_UNKNOWN. */
  async choose(pluginId: string, chosen: readonly DeviceChoice[], actor: Actor): Promise<void> {
    const audit = { actor, action: 'device.choose', detail: { chosen } }
    await this.#parts.store.set(pluginId, chosen, audit)
  }

  /** The chosen devices among these, the preferred one first. */
  async chosenOf(pluginId: string, among: readonly UsbDeviceInfo[]): Promise<readonly UsbDeviceInfo[]> {
    const choices = await this.#parts.store.of(pluginId)
    return choices.flatMap((choice) => among.filter((device) => isChosen(device, choice)))
  }
}
