// The USB devices of the machine, and news of them.
// Invariant: connect and disconnect are the differences between two lists, so each device is told of in turn, and with
// the same description; a machine without USB has an empty list, not an error.

import { loadUsbBackend, type UsbBackend, type UsbDeviceInfo } from './usb-backend.ts'

export type { UsbDeviceInfo } from './usb-backend.ts'

export interface UsbChange {
  readonly kind: 'connect' | 'disconnect'
  readonly device: UsbDeviceInfo
}

export type UsbListener = (change: UsbChange) => void

export interface UsbDevices {
  /** Never rejects. */
  list(): Promise<readonly UsbDeviceInfo[]>
  /** Hears of every change after now; whoever needs to know what is there asks `list` after subscribing. */
  subscribe(listener: UsbListener): () => void
  /** Ends the watching; afterwards nothing here keeps the process alive. Idempotent. */
  close(): Promise<void>
}

export interface UsbOptions {
  /** While somebody listens, the list is read this often: the system's own news do not reach every container. 2,000. */
  readonly pollMs?: number
  /** Hears once that there is no USB here, and of listeners that threw. */
  readonly warn?: (message: string, error: unknown) => void
  /** The USB library; the "usb" package by default. */
  readonly loadBackend?: () => Promise<UsbBackend>
}

const POLL_MS = 2000
/** A device that has just been plugged in has no interfaces for a moment; then it is looked at again, this often. */
const SETTLE_MS = 100
/** A device that is still without interfaces after so many looks has none: it is not configured. */
const SETTLE_LOOKS = 10

export function createUsbDevices(options: UsbOptions = {}): UsbDevices {
  return new WatchedUsb(options)
}

class WatchedUsb implements UsbDevices {
  readonly #options: UsbOptions
  readonly #listeners = new Set<UsbListener>()
  #backend: Promise<UsbBackend> | undefined
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
    // A scan under way may have begun before the caller's device was there: wait for it, then look anew.
    await this.#scan
    return this.#rescan()
  }

  subscribe(listener: UsbListener): () => void {
    if (this.#closed) return () => undefined
    // Wrapped, so that a listener that subscribes twice is called twice and stopped one at a time.
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
  }

  /** Resolves with the stop of what was started; never rejects. */
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
      const backend = await this.#load()
      const stop = await backend.watch(() => void this.list())
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
    // Whoever watches next starts from what is there then.
    this.#known = undefined
    this.#settling = new Map()
    await (await watching)?.()
  }

  /** Reads the list and tells the listeners what is new; one at a time, and never rejects. */
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
      return await (await this.#load()).list()
    } catch (error) {
      this.#warnOnce(error)
      return []
    }
  }

  #load(): Promise<UsbBackend> {
    this.#backend ??= (this.#options.loadBackend ?? loadUsbBackend)()
    return this.#backend
  }

  #compare(devices: readonly UsbDeviceInfo[]): void {
    const before = this.#known
    const now = new Map<string, UsbDeviceInfo>()
    const settling = new Map<string, number>()
    for (const device of devices) {
      const identity = identityOf(device)
      const looks = (this.#settling.get(identity) ?? 0) + 1
      const known = before?.get(identity)
      // A filter by class would not match it yet, and whoever it is meant for would never hear of it.
      if (known === undefined && device.interfaceClasses.length === 0 && looks < SETTLE_LOOKS)
        settling.set(identity, looks)
      else now.set(identity, known ?? device)
    }
    this.#settling = settling
    this.#known = now
    if (settling.size > 0) setTimeout(() => this.#settle(), SETTLE_MS).unref()
    // The first look tells what was there before anybody listened.
    if (before === undefined) return
    for (const [identity, device] of before)
      if (!now.has(identity)) this.#tell({ kind: 'disconnect', device })
    for (const [identity, device] of now) if (!before.has(identity)) this.#tell({ kind: 'connect', device })
  }

  #settle(): void {
    if (this.#watching !== undefined) void this.#rescan()
  }

  #tell(change: UsbChange): void {
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

/** Addresses are given anew after a while: two devices in turn may have the same one between two scans. */
function identityOf(device: UsbDeviceInfo): string {
  return JSON.stringify([device.key, device.vendorId, device.productId, device.serialNumber])
}
