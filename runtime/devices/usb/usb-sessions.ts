// The devices that plugins have open.
// Invariant: a device has one session at most; a session ends with its device, its grant, and its instance; each has a row in the audit log.

import { UsbError } from '../../../sdk/protocol/usb-error.ts'
import { PlugbayError } from '../../errors.ts'
import { Pace } from './pace.ts'
import type { UsbDevices } from './usb-devices.ts'
import type { UsbConnection } from './usb-process.ts'
import { gone, UsbSession, type UsbTimes } from './usb-session.ts'
import type { UsbDeviceInfo, UsbPlace } from './worker/calls.ts'

/** The release that opens a device. */
export interface UsbHolder {
  readonly pluginId: string
  readonly transfersPerSecond: number
  /** Another release of the plugin serves now. */
  readonly isReplaced: () => boolean
  /** @throws PlugbayError when it may not use the device now */
  readonly permit: () => void
  /** Whether it may take interfaces from drivers of the system now. */
  readonly mayDetach: () => boolean
  /** Calls the listener when that may have changed; returns the function that stops it. */
  readonly onChange: (listener: () => void) => () => void
}

export interface UsbSessionsOptions {
  readonly devices: Pick<UsbDevices, 'subscribe' | 'idOf'>
  readonly connect: (device: UsbPlace) => UsbConnection
  /** Writes the row of the audit log. */
  readonly audit: (pluginId: string, device: UsbDeviceInfo) => Promise<void>
  /** Called with milliseconds of CPU time. */
  readonly charge: (pluginId: string, ms: number) => void
  readonly warn: (message: string, error: unknown) => void
  readonly times?: Partial<UsbTimes>
}

interface Held {
  readonly session: UsbSession
  readonly holder: UsbHolder
}

/** A class of its own in the standard: what is plugged into a hub is other devices. */
const HUB = 9
/**
 * Of all devices, in any 60 s.
 * @limit `env.usb`: calls of `open()` in a minute
 * @passed a `QuotaExceededError` is thrown
 */
const MAX_OPENS_PER_MINUTE = 60
const MINUTE_MS = 60_000
/** A session that ends is waited for this long. */
const FREEING_MS = 3000

export class UsbSessions {
  readonly #options: UsbSessionsOptions
  /** By the id of the device. */
  readonly #held = new Map<number, Held>()
  readonly #paces = new Map<string, Pace>()
  readonly #opens = new Map<string, number[]>()
  #unsubscribe: (() => void) | undefined

  constructor(options: UsbSessionsOptions) {
    this.#options = options
  }

  /** The plugin that has the device open. */
  holderOf(device: UsbDeviceInfo): string | undefined {
    return this.#held.get(this.#options.devices.idOf(device))?.holder.pluginId
  }

  /** Rejects with a UsbError, or with a PlugbayError: DEVICE_BUSY, or that of the grant. */
  async open(
    device: UsbDeviceInfo,
    holder: UsbHolder,
  ): Promise<{ readonly session: UsbSession; readonly configurationValue: number | null }> {
    holder.permit()
    if (device.deviceClass === HUB)
      throw new UsbError('SecurityError', 'Hubs are not opened: they control devices that are not granted')
    this.#count(holder.pluginId)
    const id = this.#options.devices.idOf(device)
    await this.#free(id, holder)
    const session = this.#start(device, holder)
    try {
      await this.#options.audit(holder.pluginId, device)
      const configurationValue = await session.open()
      return { session, configurationValue }
    } catch (error) {
      session.end(error instanceof Error ? error : new UsbError('NetworkError', 'It could not be opened'))
      throw error
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#held.values()].map(({ session }) => session.close()))
  }

  #start(device: UsbDeviceInfo, holder: UsbHolder): UsbSession {
    const { connect, charge, warn, times = {}, devices } = this.#options
    const { pluginId, permit, mayDetach } = holder
    const pace = this.#paceOf(holder)
    const session = new UsbSession({
      ...{ device, permit, mayDetach, warn, times },
      connect: () => connect(device),
      pace: () => pace.take(),
      charge: (ms) => charge(pluginId, ms),
    })
    const id = devices.idOf(device)
    this.#held.set(id, { session, holder })
    this.#unsubscribe ??= devices.subscribe(({ kind, device: changed }) => {
      if (kind === 'disconnect') this.#held.get(devices.idOf(changed))?.session.end(gone())
    })
    const stop = holder.onChange(() => {
      try {
        permit()
      } catch (error) {
        if (error instanceof Error) session.end(error)
      }
    })
    void session.closed.then(() => {
      stop()
      this.#held.delete(id)
      if (this.#held.size > 0) return
      this.#unsubscribe?.()
      this.#unsubscribe = undefined
    })
    return session
  }

  /** Waits for a session that ends already, or that may be taken over. Rejects with DEVICE_BUSY. */
  async #free(id: number, { pluginId }: UsbHolder): Promise<void> {
    const held = this.#held.get(id)
    if (held === undefined) return
    const { session, holder } = held
    if (holder.pluginId === pluginId && holder.isReplaced())
      session.end(new PlugbayError('RELEASE_REPLACED', 'Another release of the plugin has opened the device'))
    if (session.ended !== undefined && (await isClosed(session)) && !this.#held.has(id)) return
    const who = holder.pluginId === pluginId ? 'by this plugin already' : `by the plugin "${holder.pluginId}"`
    throw new PlugbayError('DEVICE_BUSY', `The device is in use ${who}`)
  }

  #paceOf({ pluginId, transfersPerSecond }: UsbHolder): Pace {
    const known = this.#paces.get(pluginId) ?? new Pace(transfersPerSecond)
    this.#paces.set(pluginId, known)
    return known
  }

  #count(pluginId: string): void {
    const since = performance.now() - MINUTE_MS
    const opens = (this.#opens.get(pluginId) ?? []).filter((time) => time > since)
    if (opens.length >= MAX_OPENS_PER_MINUTE)
      throw new UsbError(
        'QuotaExceededError',
        `Devices were opened ${MAX_OPENS_PER_MINUTE} times in a minute`,
      )
    this.#opens.set(pluginId, [...opens, performance.now()])
  }
}

async function isClosed(session: UsbSession): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(() => resolve(false), FREEING_MS)
  const closed = await Promise.race([session.closed.then(() => true), promise])
  clearTimeout(timer)
  return closed
}
