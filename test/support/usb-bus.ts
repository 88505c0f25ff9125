// USB devices without hardware: a bus that tests plug devices into, below the code of the device process.
// Invariant: what is not here is real: sessions, checks, host calls and guests.

import type { UsbBackend } from '../../runtime/devices/usb/usb-backend.ts'
import type { UsbCallOptions, UsbConnection, UsbReply } from '../../runtime/devices/usb/usb-process.ts'
import type { UsbCall, UsbDeviceInfo, UsbMethod } from '../../runtime/devices/usb/worker/calls.ts'
import { describe, keyOf } from '../../runtime/devices/usb/worker/describe.ts'
import { DeviceCalls } from '../../runtime/devices/usb/worker/device-calls.ts'
import type { NativeDevice } from '../../runtime/devices/usb/worker/native.ts'
import { PlugbayError } from '../../runtime/errors.ts'

type Native = Pick<
  NativeDevice,
  'nativeControlTransferIn' | 'nativeControlTransferOut' | 'nativeTransferIn' | 'nativeTransferOut'
>

/** A device with a bulk-only interface (0) and one with an interrupt endpoint and two alternate settings (1). */
export class FakeDevice implements NativeDevice {
  readonly bus = '001'
  address = 2
  vendorId = 0x46f4
  productId = 1
  deviceClass = 0
  readonly deviceSubclass = 0
  readonly deviceProtocol = 0
  readonly usbVersionMajor = 2
  readonly usbVersionMinor = 0
  readonly usbVersionSubminor = 0
  readonly deviceVersionMajor = 1
  readonly deviceVersionMinor = 0
  readonly deviceVersionSubminor = 0
  readonly manufacturerName = 'Fake'
  readonly productName = 'Stick'
  serialNumber: string | null = 'ONE'
  readonly configurations = [
    {
      configurationValue: 1,
      interfaces: [
        {
          interfaceNumber: 0,
          alternates: [
            alternate(0, 8, [
              { endpointNumber: 1, direction: 'in', type: 'bulk', packetSize: 512 },
              { endpointNumber: 2, direction: 'out', type: 'bulk', packetSize: 512 },
            ]),
          ],
        },
        {
          interfaceNumber: 1,
          alternates: [
            alternate(0, 3, []),
            alternate(1, 3, [
              { endpointNumber: 3, direction: 'in', type: 'interrupt', packetSize: 8 },
              { endpointNumber: 4, direction: 'in', type: 'isochronous', packetSize: 64 },
            ]),
          ],
        },
      ],
    },
  ] as const satisfies NativeDevice['configurations']
  /** Interfaces that a driver of the system has. */
  readonly drivers = new Set<number>()
  /** What was done to it, in order. */
  readonly log: string[] = []
  active = 1
  /** How it answers; a test replaces what it needs. */
  answers: Partial<Native> = {}
  /** Interfaces claimed by the process that has it open. */
  readonly claimed = new Set<number>()

  constructor(
    facts: Partial<
      Pick<FakeDevice, 'address' | 'deviceClass' | 'productId' | 'serialNumber' | 'vendorId'>
    > = {},
  ) {
    Object.assign(this, facts)
  }

  get configuration() {
    return this.configurations.find(({ configurationValue }) => configurationValue === this.active) ?? null
  }

  async open() {
    this.log.push('open')
  }

  async reset() {
    this.log.push(`reset with ${this.claimed.size} claimed`)
  }

  async selectConfiguration(value: number) {
    this.log.push(`configure ${value}`)
    this.active = value
  }

  async claimInterface(number: number) {
    if (this.drivers.has(number)) throw new Error('claimInterface error: interface is busy (errno 16)')
    this.log.push(`claim ${number}`)
    this.claimed.add(number)
  }

  async releaseInterface(number: number) {
    if (!this.claimed.delete(number)) throw new Error('releaseInterface error: not claimed')
    this.log.push(`release ${number}`)
  }

  async selectAlternateInterface(number: number, setting: number) {
    this.log.push(`alternate ${number}.${setting}`)
  }

  async detachKernelDriver(number: number) {
    if (!this.drivers.delete(number))
      throw new Error('detachKernelDriver error: no kernel driver attached (errno 61)')
    this.log.push(`detach ${number}`)
  }

  async attachKernelDriver(number: number) {
    this.log.push(`attach ${number}`)
    this.drivers.add(number)
  }

  async clearHalt(direction: string, endpoint: number) {
    this.log.push(`clear ${direction} ${endpoint}`)
  }

  async nativeControlTransferIn(...call: Parameters<Native['nativeControlTransferIn']>) {
    const { answers } = this
    return await (answers.nativeControlTransferIn?.(...call) ?? new Uint8Array(call[2]).fill(7))
  }

  async nativeControlTransferOut(...call: Parameters<Native['nativeControlTransferOut']>) {
    return await (this.answers.nativeControlTransferOut?.(...call) ?? call[2].byteLength)
  }

  async nativeTransferIn(...call: Parameters<Native['nativeTransferIn']>) {
    return await (this.answers.nativeTransferIn?.(...call) ?? new Uint8Array(call[2]).fill(1))
  }

  async nativeTransferOut(...call: Parameters<Native['nativeTransferOut']>) {
    return await (this.answers.nativeTransferOut?.(...call) ?? call[2].byteLength)
  }
}

/** A transfer that ends only with its process. */
export function hanging(): Promise<never> {
  return new Promise(() => undefined)
}

/** What the system says of a device that was unplugged. */
export async function unplugged(): Promise<never> {
  throw new Error('transferIn error: Disconnected')
}

export class FakeBus implements UsbBackend {
  devices: FakeDevice[] = []
  /** Processes that run. */
  readonly running = new Set<UsbConnection>()
  /** A killed process waits for this before it ends. */
  ending: Promise<void> = Promise.resolve()
  #onHint: () => void = () => undefined

  async list(): Promise<readonly UsbDeviceInfo[]> {
    return this.devices.map(describe)
  }

  async watch(onHint: () => void): Promise<() => Promise<void>> {
    this.#onHint = onHint
    return async () => {
      this.#onHint = () => undefined
    }
  }

  plug(...devices: FakeDevice[]): void {
    this.devices = devices
    this.#onHint()
  }

  connect(): UsbConnection {
    const connection = new FakeProcess(this)
    this.running.add(connection)
    return connection
  }

  get pids(): readonly number[] {
    return []
  }

  async close(): Promise<void> {}
}

/** The code of the device process, without a process. */
class FakeProcess implements UsbConnection {
  readonly #bus: FakeBus
  readonly #calls: DeviceCalls
  readonly #killed = Promise.withResolvers<never>()
  #device: FakeDevice | undefined

  constructor(bus: FakeBus) {
    this.#bus = bus
    this.#calls = new DeviceCalls(() => ({ nativeGetDevices: async () => bus.devices }))
    this.#killed.promise.catch(() => undefined)
  }

  async call<Method extends UsbMethod>(
    call: Extract<UsbCall, { readonly m: Method }>,
    { data = new Uint8Array(0), deadlineMs }: UsbCallOptions,
  ): Promise<UsbReply<Method>> {
    if ('device' in call) this.#device = this.#bus.devices.find((each) => keyOf(each) === call.device.key)
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      void this.end()
      late.reject(new PlugbayError('DEADLINE', 'No answer from the usb process'))
    }, deadlineMs)
    try {
      const answer = this.#calls.answer(call, data)
      return (await Promise.race([answer, this.#killed.promise, late.promise])) as UsbReply<Method>
    } finally {
      clearTimeout(timer)
    }
  }

  cpuMs(): number {
    return 1
  }

  async end(): Promise<void> {
    this.#killed.reject(new PlugbayError('PROCESS_CRASHED', 'The usb process was ended'))
    await this.#bus.ending
    // The kernel releases what a process had claimed.
    if (this.#bus.running.delete(this)) this.#device?.claimed.clear()
  }
}

function alternate<const Endpoints>(alternateSetting: number, interfaceClass: number, endpoints: Endpoints) {
  return { alternateSetting, interfaceClass, interfaceSubclass: 0, interfaceProtocol: 0, endpoints }
}
