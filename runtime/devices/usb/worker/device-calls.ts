// Answers the calls of the device process.
// Invariant: it opens one device at most.

import { UsbError } from '../../../../sdk/protocol/usb-error.ts'
import { withinSize } from '../../../../sdk/protocol/usb-list.ts'
import type { UsbCall, UsbMethod, UsbResults } from './calls.ts'
import { describe, keyOf } from './describe.ts'
import type { NativeUsb } from './native.ts'
import { OpenDevice } from './open-device.ts'
import { outcomeOf } from './outcomes.ts'

type Operations = {
  readonly [Method in UsbMethod]: (
    call: Extract<UsbCall, { readonly m: Method }>,
    data: Uint8Array,
  ) => Promise<UsbResults[Method] & { readonly bytes?: Uint8Array }> | Promise<UsbResults[Method]>
}

export interface DeviceAnswer {
  readonly result: unknown
  /** What was received. */
  readonly bytes: Uint8Array | undefined
}

export class DeviceCalls {
  readonly #native: () => NativeUsb
  #opened: OpenDevice | undefined
  readonly #operations: Operations

  /** @param native throws where there is no USB library for this machine */
  constructor(native: () => NativeUsb) {
    this.#native = native
    const device = (): OpenDevice => this.#device()
    this.#operations = {
      list: async ({ keys }) => {
        const devices = await native().nativeGetDevices()
        return withinSize(
          devices.filter((each) => keys === undefined || keys.includes(keyOf(each))).map(describe),
        )
      },
      open: (call) => this.#open(call),
      reset: async () => nothing(await device().reset()),
      configure: async ({ value }) => nothing(await device().configure(value)),
      claim: ({ number, mayDetach }) => device().claim(number, mayDetach),
      release: async ({ number }) => nothing(await device().release(number)),
      reattach: async ({ number }) => nothing(await device().reattach(number)),
      alternate: async ({ number, setting }) => nothing(await device().alternate(number, setting)),
      clearHalt: async ({ direction, endpoint }) => nothing(await device().clearHalt(direction, endpoint)),
      controlIn: ({ setup, length, timeoutMs }) => device().controlIn(setup, length, timeoutMs),
      controlOut: ({ setup, timeoutMs }, data) => device().controlOut(setup, data, timeoutMs),
      transferIn: ({ endpoint, length, timeoutMs }) => device().transferIn(endpoint, length, timeoutMs),
      transferOut: ({ endpoint, timeoutMs }, data) => device().transferOut(endpoint, data, timeoutMs),
    }
  }

  /** Rejects with a UsbError; with any other error where the process itself is at fault. */
  async answer(call: UsbCall, data: Uint8Array): Promise<DeviceAnswer> {
    // The type of a call decides that of its row.
    const operation = this.#operations[call.m] as (call: UsbCall, data: Uint8Array) => Promise<unknown>
    try {
      const result = await operation(call, data)
      if (!isWithBytes(result)) return { result, bytes: undefined }
      const { bytes, ...rest } = result
      return { result: rest, bytes }
    } catch (error) {
      throw outcomeOf(error)
    }
  }

  async #open({ device }: Extract<UsbCall, { readonly m: 'open' }>): Promise<number | null> {
    if (this.#opened !== undefined)
      throw new UsbError('InvalidStateError', 'The process has a device already')
    this.#opened = await OpenDevice.open(this.#native(), device)
    return this.#opened.activeConfiguration
  }

  /** @throws UsbError InvalidStateError */
  #device(): OpenDevice {
    if (this.#opened === undefined) throw new UsbError('InvalidStateError', 'The device is not open')
    return this.#opened
  }
}

function isWithBytes(result: unknown): result is { readonly bytes: Uint8Array } {
  return typeof result === 'object' && result !== null && 'bytes' in result
}

function nothing(_done: unknown): null {
  return null
}
