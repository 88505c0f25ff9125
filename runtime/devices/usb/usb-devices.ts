// The USB devices of this machine, and notifications of changes.
// Invariant: connect and disconnect events are the differences between two lists, so the events of a device alternate and carry
// the same description; a machine without USB has an empty list, not an error.

import { createHmac, randomBytes } from 'node:crypto'
import type { UsbBackend, UsbDeviceInfo } from './usb-backend.ts'

export type { UsbDeviceInfo } from './usb-backend.ts'

export interface UsbChange {
  readonly kind: 'connect' | 'disconnect'
  readonly device: UsbDeviceInfo
}

export type UsbListener = (change: UsbChange) => void

export interface UsbDevices {
  /** Never rejects. */
  list(): Promise<readonly UsbDeviceInfo[]>
  /** Calls the listener for every later change; to know the current devices, call `list` after subscribing. */
  subscribe(listener: UsbListener): () => void
  /** Names a device until it is unplugged, and tells nothing of it. */
  idOf(device: UsbDeviceInfo): number
  /** Stops watching; afterwards nothing here keeps the process alive. Idempotent. */
  close(): Promise<void>
}

export interface UsbOptions {
  /** Poll interval while there are listeners: hot-plug events do not reach every container. 2,000. */
  readonly pollMs?: number
  /** Called once when there is no USB here, and for listeners that threw. */
  readonly warn?: (message: string, error: unknown) => void
  /** Processes with the "usb" package; a test may have something else. */
  readonly backend: UsbBackend
}

const POLL_MS = 2000
/** A device that was just plugged in has no interfaces for a moment; it is read again after this time. */
const SETTLE_MS = 100
/** A device without interfaces after this many reads is not configured. */
const SETTLE_LOOKS = 10

export function createUsbDevices(options: UsbOptions): UsbDevices {
  return new WatchedUsb(options)
}

class WatchedUsb implements UsbDevices {
  readonly #options: UsbOptions
  readonly #listeners = new Set<UsbListener>()
  readonly #secret = randomBytes(32)
  #known: ReadonlyMap<string, UsbDeviceInfo> | undefined
  #settling: ReadonlyMap<string, number> = new Map()
  #scan: Promise<readonly UsbDeviceInfo[]> | undefined
  #watching: Promise<() => Promise<void>> | undefined
  #warned = false
  #closed = false

  constructor(options: UsbOptions) {
    this.#options = options
  }

  async list(): Promise<readonly UsbDeviceInfo[]> {
    if (this.#closed) return []
    // A scan in progress may have started before the caller's device was there: wait for it, then scan again.
    await this.#scan
    return this.#rescan()
  }

  idOf(device: UsbDeviceInfo): number {
    return createHmac('sha256', this.#secret).update(identityOf(device)).digest().readUIntBE(0, 6)
  }

  subscribe(listener: UsbListener): () => void {
    if (this.#closed) return () => undefined
    // Wrapped, so that a listener that subscribes twice is called twice and unsubscribed one at a time.
    const entry: UsbListener = (change) => listener(change)
    this.#listeners.add(entry)
    this.#watching ??= this.#watch()
    return () => {
      this.#listeners.delete(entry)
      if (this.#listeners.size === 0) void this.#unwatch()
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#listeners.clear()
    await this.#unwatch()
    await this.#scan
    await this.#options.backend.close()
  }

  /** Resolves with the function that stops watching; never rejects. */
  async #watch(): Promise<() => Promise<void>> {
    const timer = setInterval(() => void this.#rescan(), this.#options.pollMs ?? POLL_MS)
    timer.unref()
    const first = this.#rescan()
    const stopHints = await this.#watchHints()
    await first
    return async () => {
      clearInterval(timer)
      await stopHints()
    }
  }

  async #watchHints(): Promise<() => Promise<void>> {
    try {
      const stop = await this.#options.backend.watch(() => void this.list())
      return () =>
        stop().catch((error: unknown) => this.#warn('Cannot end the watching of USB devices', error))
    } catch (error) {
      this.#warnOnce(error)
      return async () => undefined
    }
  }

  async #unwatch(): Promise<void> {
    const watching = this.#watching
    this.#watching = undefined
    // The next subscriber starts from a fresh list.
    this.#known = undefined
    this.#settling = new Map()
    await (await watching)?.()
  }

  /** Reads the list and notifies the listeners of changes; one scan at a time; never rejects. */
  #rescan(): Promise<readonly UsbDeviceInfo[]> {
    this.#scan ??= this.#read().then((devices) => {
      this.#scan = undefined
      if (this.#watching !== undefined) this.#compare(devices)
      return devices
    })
    return this.#scan
  }

  async #read(): Promise<readonly UsbDeviceInfo[]> {
    try {
      return await this.#options.backend.list()
    } catch (error) {
      this.#warnOnce(error)
      return []
    }
  }

  #compare(devices: readonly UsbDeviceInfo[]): void {
    const before = this.#known
    const now = new Map<string, UsbDeviceInfo>()
    const settling = new Map<string, number>()
    for (const device of devices) {
      const identity = identityOf(device)
      const looks = (this.#settling.get(identity) ?? 0) + 1
      const known = before?.get(identity)
      // A filter by class would not match it yet, and its plugin would never be notified.
      if (known === undefined && device.interfaceClasses.length === 0 && looks < SETTLE_LOOKS)
        settling.set(identity, looks)
      else now.set(identity, known ?? device)
    }
    this.#settling = settling
    this.#known = now
    if (settling.size > 0) setTimeout(() => this.#settle(), SETTLE_MS).unref()
    // The first scan only records what was there before anyone subscribed.
    if (before === undefined) return
    for (const [identity, device] of before)
      if (!now.has(identity)) this.#notify({ kind: 'disconnect', device })
    for (const [identity, device] of now) if (!before.has(identity)) this.#notify({ kind: 'connect', device })
  }

  #settle(): void {
    if (this.#watching !== undefined) void this.#rescan()
  }

  #notify(change: UsbChange): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(change)
      } catch (error) {
        this.#warn('A listener of USB changes failed', error)
      }
    }
  }

  #warnOnce(error: unknown): void {
    if (this.#warned) return
    this.#warned = true
    this.#warn('There is no USB on this machine, or no access to it: plugins see no devices', error)
  }

  #warn(message: string, error: unknown): void {
    this.#options.warn?.(message, error)
  }
}

/** Addresses are reused after a while: two devices may have the same one in consecutive scans. */
function identityOf(device: UsbDeviceInfo): string {
  return JSON.stringify([device.key, device.vendorId, device.productId, device.serialNumber])
}
