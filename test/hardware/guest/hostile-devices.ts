// Runs inside the virtual machine: devices that lie, each in another way.

import { configuration, type Description, deviceOf, endpoint, interfaceOf } from './descriptors.ts'
import type { DeviceModel, Setup } from './usbip-device.ts'

export const HOSTILE_VENDOR = 0x1ee7

const BOTH = [endpoint(0x81), endpoint(0x02)]
const PLAIN = configuration([interfaceOf(0, { endpoints: BOTH })])
const [GET_DESCRIPTOR, SET_CONFIGURATION] = [6, 9]
const STRING = 3
/** Descriptors of interfaces: as many as fit into a configuration. */
const MANY = 7000

type Fields = Partial<Pick<Description, 'strings' | 'configurations' | 'count'>>

type Kinds = Readonly<Record<string, (productId: number) => DeviceModel>>

/** The system makes devices of these, at once. Each has the product of its place among all. */
const TAKEN: Kinds = {
  'a total length beyond its end': plain({
    configurations: [ofInterfaces([interfaceOf(0, { endpoints: BOTH })], 0xffff)],
  }),
  'a total length of nothing': plain({
    configurations: [ofInterfaces([interfaceOf(0, { endpoints: BOTH })], 0)],
  }),
  'descriptors without length': plain({
    configurations: [
      configuration([
        interfaceOf(0, {
          endpoints: [Uint8Array.of(0, 5), endpoint(0x81, { length: 0 }), endpoint(0x02, { length: 200 })],
        }),
      ]),
    ],
  }),
  '255 interfaces': plain({
    configurations: [
      configuration(
        Array.from({ length: 255 }, (_, number) => interfaceOf(number)),
        { count: 255 },
      ),
    ],
  }),
  'interfaces and endpoints twice': plain({
    configurations: [
      configuration(
        [0, 0, 1, 0].map((number) => interfaceOf(number, { endpoints: [...BOTH, ...BOTH] })),
        { count: 4 },
      ),
    ],
  }),
  'endpoints that cannot be': plain({
    configurations: [
      configuration([
        interfaceOf(0, {
          endpoints: [
            ...[endpoint(0x00), endpoint(0x80), endpoint(0xff), endpoint(0x83, { type: 0 })],
            ...[
              endpoint(0x84, { size: 0 }),
              endpoint(0x05, { size: 0xffff }),
              endpoint(0x86, { type: 3, interval: 255 }),
            ],
            endpoint(0x87, { type: 1, size: 0xffff }),
          ],
          count: 255,
        }),
      ]),
    ],
  }),
  'names in no encoding': plain({
    strings: [
      Uint8Array.of(5, 3, 0x41, 0, 0x42),
      Uint8Array.of(255, 3, 0x41, 0),
      Uint8Array.of(6, 3, 0x00, 0xd8, 0x00, 0xd8),
    ],
  }),
  'names with markup, lines and zeros': plain({
    strings: ['<script>alert(1)</script>\n'.repeat(4), '\u0000\u001b[2J\r\nPROBE {}', '../../../etc/passwd'],
  }),
  'names of nothing': plain({ strings: [new Uint8Array(0), Uint8Array.of(0, 3), Uint8Array.of(2, 3)] }),
  'configurations of the same number': plain({
    configurations: [PLAIN, PLAIN, configuration([interfaceOf(7)], { value: 0 })],
  }),
  '255 configurations': plain({ configurations: Array.from({ length: 8 }, () => PLAIN), count: 255 }),
  'a configuration of 64 KB': plain({
    configurations: [
      configuration(
        Array.from({ length: MANY }, (_, index) => interfaceOf(0, { alternate: index & 0xff, count: 1 })),
      ),
    ],
  }),
  'a stall for every request': (productId) => ({
    ...honest(productId),
    control: (setup) =>
      isForDescriptor(setup) ? honest(productId).control(setup, new Uint8Array(0)) : 'stall',
    transfer: () => 'stall',
  }),
}

/** The system waits for these, for long, or refuses them. */
const OBSTINATE: Kinds = {
  'silence when it is configured': (productId) =>
    silentAfter(productId, (setup) => setup.request === SET_CONFIGURATION),
  'thousands of names, each of them late': (productId) => ({
    ...deviceOf({
      ...facts(productId),
      strings: ['Maker', 'Late', 'LATE', 'Setting'],
      configurations: [
        configuration(
          Array.from({ length: MANY }, (_, index) => interfaceOf(0, { alternate: index & 0xff, name: 4 })),
        ),
      ],
    }),
    delayMs: (setup) => (isForDescriptor(setup) && setup.value === (STRING << 8) + 4 ? 60 : 0),
  }),
  'names of interfaces that never come': plain({
    strings: ['Maker', 'Never', 'NEVER', 'silence'],
    configurations: [
      configuration(
        Array.from({ length: 20 }, (_, number) => interfaceOf(number, { name: 4 })),
        { count: 20 },
      ),
    ],
  }),
  'more than was asked for': (productId) => ({ ...honest(productId), isOverlong: true }),
  'silence from the first request': (productId) => ({ ...honest(productId), control: () => 'silence' }),
}

const KINDS: Kinds = { ...TAKEN, ...OBSTINATE }

/** What is open to be claimed and spoken to is hostile, too, and not only what it says of itself. */
export const TOUCHED_KINDS: readonly string[] = [
  '255 interfaces',
  'interfaces and endpoints twice',
  'endpoints that cannot be',
  'configurations of the same number',
  'a stall for every request',
  'silence when it is configured',
]
export const TAKEN_KINDS: readonly string[] = Object.keys(TAKEN)
export const OBSTINATE_KINDS: readonly string[] = Object.keys(OBSTINATE)

export function productOf(kind: string): number {
  return Object.keys(KINDS).indexOf(kind) + 1
}

export function hostileDevice(kind: string): DeviceModel {
  const make = KINDS[kind]
  if (make === undefined) throw new Error(`There is no device with ${kind}`)
  return make(productOf(kind))
}

function facts(productId: number): Description {
  return {
    ...{ vendorId: HOSTILE_VENDOR, productId },
    strings: ['Maker', 'Product', `SERIAL-${productId}`],
    configurations: [PLAIN],
  }
}

function honest(productId: number): DeviceModel {
  return deviceOf(facts(productId))
}

function plain(fields: Fields): (productId: number) => DeviceModel {
  return (productId) => deviceOf({ ...facts(productId), ...fields })
}

function ofInterfaces(interfaces: readonly Uint8Array[], total: number): Uint8Array {
  return configuration(interfaces, { total })
}

function isForDescriptor({ request, requestType }: Setup): boolean {
  return request === GET_DESCRIPTOR && requestType === 0x80
}

/** Answers that request, and no other after it. */
function silentAfter(productId: number, isLast: (setup: Setup) => boolean): DeviceModel {
  const model = honest(productId)
  let isSilent = false
  return {
    ...model,
    control(setup, data) {
      if (isSilent) return 'silence'
      isSilent = isLast(setup)
      return model.control(setup, data)
    },
    transfer: () => 'silence',
  }
}
