// A device that one plugin has open: the operations of WebUSB, in its words, carried out by a device process of its own.
// Invariant: every operation asks first whether the grant still holds; each settles by a deadline, or at once when the session ends; what
// was taken from drivers of the system is given back.

import { UsbError } from '../../../sdk/protocol/usb-error.ts'
import {
  MAX_USB_PENDING,
  MAX_USB_PENDING_BYTES,
  type UsbDirection,
  type UsbSent,
  type UsbSetup,
} from '../../../sdk/protocol/usb-wire.ts'
import { PlugbayError } from '../../errors.ts'
import { PendingWork } from './pending-work.ts'
import type { UsbConnection, UsbReply } from './usb-process.ts'
import { UsbState } from './usb-state.ts'
import type { UsbCall, UsbDeviceInfo, UsbMethod } from './worker/calls.ts'

export interface UsbSessionParts {
  readonly device: UsbDeviceInfo
  /** Starts a device process. */
  readonly connect: () => UsbConnection
  /** @throws PlugbayError when the plugin may not use the device now */
  readonly permit: () => void
  /** Whether it may take interfaces from drivers of the system now. */
  readonly mayDetach: () => boolean
  /** Waits until the plugin may make its next transfer. */
  readonly pace: () => Promise<void>
  /** Called with milliseconds of CPU time. */
  readonly charge: (ms: number) => void
  readonly warn: (message: string, error: unknown) => void
  /** How long operations may take. */
  readonly times?: Partial<UsbTimes>
}

export interface UsbTimes {
  /** Of everything but transfers: opening, claiming, resetting. */
  readonly changeMs: number
  /** Of a control transfer, and of one that sends. */
  readonly sendMs: number
  readonly receiveMs: number
}

/**
 * From when it is sent to the device; a transfer that waits for its endpoint has less.
 * @limit `env.usb`: time of a control transfer, or of one that sends, in ms
 * @passed a `TimeoutError` is thrown
 */
const SEND_MS = 10_000
/**
 * A keyboard may have nothing to say for long.
 * @limit `env.usb`: time of `transferIn()`, in ms
 * @passed a `TimeoutError` is thrown; call it again
 */
const RECEIVE_MS = 30_000
const TIMES: UsbTimes = { changeMs: 10_000, sendMs: SEND_MS, receiveMs: RECEIVE_MS }
/** After the time that the system has for it, until the process is killed. */
const GRACE_MS = 2000
/** A killed process has ended by then, unless its device hangs. */
const ENDING_MS = 2000
const CHARGE_MS = 250

type Reply<Method extends UsbMethod> = Promise<UsbReply<Method>>

export class UsbSession {
  readonly device: UsbDeviceInfo
  /** Resolves when the device is free again. */
  readonly closed: Promise<void>
  readonly #parts: UsbSessionParts
  readonly #times: UsbTimes
  readonly #onClosed: () => void
  #connection: UsbConnection
  #state: UsbState
  readonly #transfers = new PendingWork()
  readonly #changing = new PendingWork()
  #pendingBytes = 0
  #ended: Error | undefined
  /** Changes follow each other, and transfers follow changes. */
  #changes: Promise<unknown> = Promise.resolve()
  /** Of the process that was replaced. */
  #ending: Promise<void> = Promise.resolve()
  #charged = 0
  #chargedAt = 0

  constructor(parts: UsbSessionParts) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.closed = promise
    this.#onClosed = resolve
    this.#parts = parts
    this.#times = { ...TIMES, ...parts.times }
    this.device = parts.device
    this.#state = new UsbState(parts.device.configurations, null)
    this.#connection = parts.connect()
  }

  /** Why it has ended; undefined while it has not. */
  get ended(): Error | undefined {
    return this.#ended
  }

  /** The value of the active configuration. */
  open(): Promise<number | null> {
    return this.#change(async () => {
      const active = await this.#open()
      this.#state = new UsbState(this.device.configurations, active)
      return active
    })
  }

  selectConfiguration(value: number): Promise<void> {
    return this.#change(async () => {
      this.#state.requireConfiguration(value)
      await this.#abort()
      await this.#giveBack()
      await this.#call<'configure'>({ m: 'configure', value })
      this.#state.select(value)
    })
  }

  claimInterface(number: number): Promise<void> {
    return this.#change(async () => {
      this.#state.interfaceAt(number)
      if (this.#state.claimedAt(number) !== undefined) return
      await this.#claim(number)
    })
  }

  releaseInterface(number: number): Promise<void> {
    return this.#change(async () => {
      this.#state.interfaceAt(number)
      if (this.#state.claimedAt(number) === undefined) return
      await this.#abort()
      await this.#release(number)
    })
  }

  selectAlternateInterface(number: number, setting: number): Promise<void> {
    return this.#change(async () => {
      this.#state.requireAlternate(number, setting)
      await this.#abort()
      await this.#call<'alternate'>({ m: 'alternate', number, setting })
      const claimed = this.#state.claimedAt(number)
      if (claimed !== undefined) this.#state.set({ ...claimed, setting })
    })
  }

  clearHalt(direction: UsbDirection, endpoint: number): Promise<void> {
    return this.#change(async () => {
      this.#state.endpointAt(direction, endpoint)
      await this.#call<'clearHalt'>({ m: 'clearHalt', direction, endpoint })
    })
  }

  reset(): Promise<void> {
    return this.#change(async () => {
      this.#state.requireConfigured()
      await this.#abort()
      await this.#call<'reset'>({ m: 'reset' })
    })
  }

  controlTransferIn(setup: UsbSetup, length: number): Reply<'controlIn'> {
    const ms = this.#times.sendMs
    return this.#transfer(length, () => {
      this.#state.requireSetup(setup, 'in')
      return this.#call<'controlIn'>({ m: 'controlIn', setup, length, timeoutMs: ms }, { ms })
    })
  }

  async controlTransferOut(setup: UsbSetup, data: Uint8Array): Promise<UsbSent> {
    const ms = this.#times.sendMs
    const { result } = await this.#transfer(data.byteLength, () => {
      this.#state.requireSetup(setup, 'out')
      return this.#call<'controlOut'>({ m: 'controlOut', setup, timeoutMs: ms }, { ms, data })
    })
    return result
  }

  transferIn(endpoint: number, length: number): Reply<'transferIn'> {
    const ms = this.#times.receiveMs
    return this.#transfer(length, () => {
      this.#state.requireEndpoint('in', endpoint, 'packets')
      return this.#call<'transferIn'>({ m: 'transferIn', endpoint, length, timeoutMs: ms }, { ms })
    })
  }

  async transferOut(endpoint: number, data: Uint8Array): Promise<UsbSent> {
    const ms = this.#times.sendMs
    const { result } = await this.#transfer(data.byteLength, () => {
      this.#state.requireEndpoint('out', endpoint, 'packets')
      return this.#call<'transferOut'>({ m: 'transferOut', endpoint, timeoutMs: ms }, { ms, data })
    })
    return result
  }

  /** The "usb" package has no isochronous transfers (3.1). Always rejects. */
  async isochronousTransfer(direction: UsbDirection, endpoint: number): Promise<never> {
    this.#require()
    this.#state.requireEndpoint(direction, endpoint, 'isochronous')
    throw new UsbError('NotSupportedError', 'Isochronous transfers are not supported')
  }

  /** Aborts what is under way. Idempotent; never rejects; resolves when the device is free. */
  close(): Promise<void> {
    this.end(new PlugbayError('HANDLE_CLOSED', 'The device is not open'), 'AbortError')
    return this.closed
  }

  /**
   * Ends the session at once: what is under way rejects with the reason, and so does every later call.
   * @param aborts instead of the reason, for what is under way
   */
  end(reason: Error, aborts?: 'AbortError'): void {
    if (this.#ended !== undefined) return
    this.#ended = reason
    const wasBusy = this.#transfers.count + this.#changing.count > 0
    const outcome = aborts === undefined ? reason : new UsbError(aborts, 'The device was closed')
    this.#transfers.reject(outcome)
    this.#changing.reject(outcome)
    void this.#finish(wasBusy).finally(this.#onClosed)
  }

  async #finish(wasBusy: boolean): Promise<void> {
    this.#charge(true)
    const taken = this.#state.claimed.filter(({ isDetached }) => isDetached)
    try {
      // A process that is in the middle of something cannot release an interface.
      if (taken.length > 0 && !wasBusy) {
        for (const { number } of taken) await this.#release(number)
        taken.length = 0
      }
    } catch (error) {
      this.#parts.warn('An interface could not be released', error)
    }
    await Promise.all([this.#ending, this.#connection.end()])
    if (taken.length > 0) await this.#reattachAnew(taken.map(({ number }) => number))
  }

  /** By another process: the one that took them is gone. */
  async #reattachAnew(numbers: readonly number[]): Promise<void> {
    this.#connection = this.#parts.connect()
    try {
      await this.#open()
      for (const number of numbers) await this.#call<'reattach'>({ m: 'reattach', number })
    } catch (error) {
      this.#parts.warn('An interface could not be given back to its driver', error)
    } finally {
      await this.#connection.end()
    }
  }

  #change<T>(work: () => Promise<T>): Promise<T> {
    const change = this.#changing.run(async () => {
      await this.#changes
      this.#require()
      return await work()
    })
    this.#changes = change.catch(() => undefined)
    return change
  }

  /** @param bytes that it holds while it is under way */
  async #transfer<T>(bytes: number, send: () => Promise<T>): Promise<T> {
    if (this.#transfers.count >= MAX_USB_PENDING)
      throw new UsbError('QuotaExceededError', `More than ${MAX_USB_PENDING} transfers at once`)
    if (this.#pendingBytes + bytes > MAX_USB_PENDING_BYTES)
      throw new UsbError('QuotaExceededError', `More than ${MAX_USB_PENDING_BYTES} bytes under way at once`)
    this.#pendingBytes += bytes
    try {
      return await this.#transfers.run(async (isWanted) => {
        await this.#parts.pace()
        await this.#changes
        if (!isWanted()) throw new UsbError('AbortError', 'The transfer was aborted')
        this.#require()
        return await send()
      })
    } finally {
      this.#pendingBytes -= bytes
    }
  }

  /** @throws the reason why it has ended, or PlugbayError when the plugin may not use the device now */
  #require(): void {
    if (this.#ended !== undefined) throw this.#ended
    this.#parts.permit()
  }

  /** Aborts what is under way. The package cannot, so its process is killed, and another one is brought to the same state. */
  async #abort(): Promise<void> {
    if (this.#transfers.count === 0) return
    this.#transfers.reject(new UsbError('AbortError', 'The transfer was aborted'))
    this.#charge(true)
    this.#ending = this.#connection.end()
    this.#connection = this.#parts.connect()
    try {
      await inTime(this.#ending)
      this.#require()
      await this.#open()
      for (const { number, setting, isDetached } of this.#state.claimed) {
        await this.#claim(number)
        if (setting !== 0) await this.#call<'alternate'>({ m: 'alternate', number, setting })
        this.#state.set({ number, setting, isDetached })
      }
    } catch (error) {
      this.#lose(error)
      throw error
    }
  }

  async #open(): Promise<number | null> {
    const { key, vendorId, productId, serialNumber } = this.device
    const device = { key, vendorId, productId, serialNumber }
    return (await this.#call<'open'>({ m: 'open', device })).result
  }

  async #claim(number: number): Promise<void> {
    const call = { m: 'claim', number, mayDetach: this.#parts.mayDetach() } as const
    const { result: isDetached } = await this.#call<'claim'>(call)
    this.#state.set({ number, setting: 0, isDetached })
  }

  async #release(number: number): Promise<void> {
    const claimed = this.#state.claimedAt(number)
    await this.#call<'release'>({ m: 'release', number })
    if (claimed?.isDetached === true) await this.#call<'reattach'>({ m: 'reattach', number })
    this.#state.release(number)
  }

  async #giveBack(): Promise<void> {
    for (const { number } of this.#state.claimed) await this.#release(number)
  }

  async #call<Method extends UsbMethod>(
    call: Extract<UsbCall, { readonly m: Method }>,
    {
      data,
      ms = this.#times.changeMs,
    }: { readonly data?: Uint8Array | undefined; readonly ms?: number } = {},
  ): Reply<Method> {
    const connection = this.#connection
    try {
      return await connection.call<Method>(call, { data, deadlineMs: ms + GRACE_MS })
    } catch (error) {
      // A process that was replaced by another one meanwhile says nothing of the session.
      if (connection !== this.#connection) throw error
      if (!(error instanceof UsbError)) this.#lose(error)
      else if (error.code === 'NotFoundError') this.end(gone())
      throw this.#ended ?? error
    } finally {
      this.#charge(false)
    }
  }

  /** The process has died, or had to be killed. */
  #lose(error: unknown): void {
    if (this.#ended !== undefined) return
    this.#parts.warn('A USB device does not respond', error)
    this.end(unresponsive())
  }

  #charge(isLast: boolean): void {
    const now = performance.now()
    if (!isLast && now - this.#chargedAt < CHARGE_MS) return
    this.#chargedAt = now
    const used = this.#connection.cpuMs() ?? this.#charged
    this.#parts.charge(Math.max(0, used - this.#charged))
    // The next process counts from zero.
    this.#charged = isLast ? 0 : used
  }
}

/** The device was unplugged. */
export function gone(): PlugbayError {
  return new PlugbayError('DEVICE_GONE', 'The device was disconnected')
}

function unresponsive(): PlugbayError {
  return new PlugbayError('DEVICE_UNRESPONSIVE', 'The device does not respond')
}

/** Rejects when a killed process does not end: its device hangs. */
async function inTime(ending: Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(unresponsive()), ENDING_MS)
  try {
    await Promise.race([ending, promise])
  } finally {
    clearTimeout(timer)
  }
}
