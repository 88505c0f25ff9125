// The "usb" package as the device process uses it.
// Invariant: its binary is loaded at the first use only, so that machines without it work.

import type {
  UsbDeviceFacts,
  UsbDirection,
  UsbEndpointFacts,
  UsbSetup,
} from '../../../../sdk/protocol/usb-wire.ts'

/**
 * The parts of a device that are used here: the package's own types need browser globals. Its names are read from the device where the
 * system does not know them, and throw when that fails.
 */
export interface NativeDevice extends Omit<UsbDeviceFacts, 'configurations' | 'configurationValue'> {
  readonly bus: string
  readonly address: number
  readonly configuration: Pick<NativeConfiguration, 'configurationValue'> | null
  readonly configurations: readonly NativeConfiguration[]
  open(): Promise<void>
  reset(): Promise<void>
  selectConfiguration(value: number): Promise<void>
  claimInterface(number: number): Promise<void>
  releaseInterface(number: number): Promise<void>
  selectAlternateInterface(number: number, setting: number): Promise<void>
  detachKernelDriver(number: number): Promise<void>
  attachKernelDriver(number: number): Promise<void>
  clearHalt(direction: UsbDirection, endpoint: number): Promise<void>
  /** Times are in milliseconds. */
  nativeControlTransferIn(setup: UsbSetup, timeout: number, length: number): Promise<Uint8Array | null>
  nativeControlTransferOut(setup: UsbSetup, timeout: number, data: Uint8Array): Promise<number>
  nativeTransferIn(endpoint: number, timeout: number, length: number): Promise<Uint8Array | null>
  nativeTransferOut(endpoint: number, timeout: number, data: Uint8Array): Promise<number>
}

interface NativeConfiguration {
  readonly configurationValue: number
  readonly configurationName?: string | null
  readonly interfaces: readonly {
    readonly interfaceNumber: number
    readonly alternates: readonly {
      readonly alternateSetting: number
      readonly interfaceClass: number
      readonly interfaceSubclass: number
      readonly interfaceProtocol: number
      readonly interfaceName?: string | null
      readonly endpoints: readonly (Omit<UsbEndpointFacts, 'type'> & {
        readonly type: UsbEndpointFacts['type'] | 'control'
      })[]
    }[]
  }[]
}

export interface NativeUsb {
  nativeGetDevices(): Promise<readonly NativeDevice[]>
}

/**
 * Uses the binding directly: the package's WebUSB class ends the process (an uncaught exception from a timer, an unhandled rejection) on
 * a machine without USB. Rejects when there is no binary for this machine.
 */
export async function loadNative(): Promise<NativeUsb> {
  // A CommonJS module: its members are on `default`, whatever its types say.
  const loaded = (await import('usb/index.js')) as unknown as NativeUsb & { readonly default?: NativeUsb }
  return loaded.default ?? loaded
}
