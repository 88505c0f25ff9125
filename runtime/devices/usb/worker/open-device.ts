// The one device that this process has opened.
// Invariant: an endpoint works on one transfer at a time, in the order of their arrival.

import { UsbError } from '../../../../sdk/protocol/usb-error.ts'
import type { UsbDirection, UsbReceived, UsbSent, UsbSetup } from '../../../../sdk/protocol/usb-wire.ts'
import type { UsbPlace } from './calls.ts'
import { activeOf, keyOf, serialOf } from './describe.ts'
import type { NativeDevice, NativeUsb } from './native.ts'
import { isStall, isWithoutDriver } from './outcomes.ts'

type Received = UsbReceived & { readonly bytes?: Uint8Array }

export class OpenDevice {
  readonly #native: NativeDevice
  readonly #claimed = new Set<number>()
  /** The last transfer of each endpoint. */
  readonly #turns = new Map<string, Promise<unknown>>()

  private constructor(native: NativeDevice) {
    this.#native = native
  }

  static async open(usb: NativeUsb, place: UsbPlace): Promise<OpenDevice> {
    const devices = await usb.nativeGetDevices()
    const native = devices.find((device) => isAt(device, place))
    if (native === undefined) throw new UsbError('NotFoundError', 'The device was disconnected')
    await native.open()
    return new OpenDevice(native)
  }

  get activeConfiguration(): number | null {
    return activeOf(this.#native)
  }

  /** The kernel takes every interface at a reset, and would give it to a driver of its own unless it is free by then. */
  async reset(): Promise<void> {
    const claimed = [...this.#claimed]
    this.#claimed.clear()
    for (const number of claimed) await this.#native.releaseInterface(number)
    await this.#native.reset()
    for (const number of claimed) {
      await this.#native.claimInterface(number)
      this.#claimed.add(number)
    }
  }

  async configure(value: number): Promise<void> {
    for (const number of [...this.#claimed]) await this.release(number)
    await this.#native.selectConfiguration(value)
  }

  /** Whether it was taken from a driver of the system. */
  async claim(number: number, mayDetach: boolean): Promise<boolean> {
    const isDetached = mayDetach && (await this.#detach(number))
    try {
      await this.#native.claimInterface(number)
    } catch (error) {
      if (isDetached) await this.reattach(number)
      throw error
    }
    this.#claimed.add(number)
    return isDetached
  }

  async release(number: number): Promise<void> {
    await this.#native.releaseInterface(number)
    this.#claimed.delete(number)
  }

  /** Gives a released interface back to the driver of the system that it was taken from. */
  async reattach(number: number): Promise<void> {
    // There may be no driver any more that wants it: the interface is free then, and that is all that was promised.
    await this.#native.attachKernelDriver(number).catch(() => undefined)
  }

  alternate(number: number, setting: number): Promise<void> {
    return this.#native.selectAlternateInterface(number, setting)
  }

  clearHalt(direction: UsbDirection, endpoint: number): Promise<void> {
    return this.#inTurn(direction, endpoint, () => this.#native.clearHalt(direction, endpoint))
  }

  controlIn(setup: UsbSetup, length: number, timeoutMs: number): Promise<Received> {
    return received(this.#native.nativeControlTransferIn(setup, timeoutMs, length))
  }

  controlOut(setup: UsbSetup, data: Uint8Array, timeoutMs: number): Promise<UsbSent> {
    return sent(this.#native.nativeControlTransferOut(setup, timeoutMs, data))
  }

  transferIn(endpoint: number, length: number, timeoutMs: number): Promise<Received> {
    const left = countdown(timeoutMs)
    return this.#inTurn('in', endpoint, () =>
      received(this.#native.nativeTransferIn(endpoint, left(), length)),
    )
  }

  transferOut(endpoint: number, data: Uint8Array, timeoutMs: number): Promise<UsbSent> {
    const left = countdown(timeoutMs)
    return this.#inTurn('out', endpoint, () => sent(this.#native.nativeTransferOut(endpoint, left(), data)))
  }

  /** The package refuses a second transfer on an endpoint. */
  #inTurn<T>(direction: UsbDirection, endpoint: number, work: () => Promise<T>): Promise<T> {
    const key = `${direction}:${endpoint}`
    const turn = (this.#turns.get(key) ?? Promise.resolve()).then(work)
    this.#turns.set(
      key,
      turn.catch(() => undefined),
    )
    return turn
  }

  async #detach(number: number): Promise<boolean> {
    try {
      await this.#native.detachKernelDriver(number)
      return true
    } catch (error) {
      if (isWithoutDriver(error)) return false
      throw error
    }
  }
}

function isAt(device: NativeDevice, place: UsbPlace): boolean {
  return (
    keyOf(device) === place.key &&
    device.vendorId === place.vendorId &&
    device.productId === place.productId &&
    serialOf(device) === place.serialNumber
  )
}

/** @returns what is left of the time. @throws UsbError TimeoutError when nothing is */
function countdown(ms: number): () => number {
  const end = performance.now() + ms
  return () => {
    const left = Math.floor(end - performance.now())
    if (left <= 0) throw new UsbError('TimeoutError', 'The transfers before it took all of its time')
    return left
  }
}

async function received(transfer: Promise<Uint8Array | null>): Promise<Received> {
  try {
    return { status: 'ok', bytes: (await transfer) ?? new Uint8Array(0) }
  } catch (error) {
    if (isStall(error)) return { status: 'stall' }
    throw error
  }
}

async function sent(transfer: Promise<number>): Promise<UsbSent> {
  try {
    return { status: 'ok', bytesWritten: await transfer }
  } catch (error) {
    if (isStall(error)) return { status: 'stall', bytesWritten: 0 }
    throw error
  }
}
