// What a session knows of its device: the active configuration, and which interfaces it has claimed.
// Invariant: a transfer or request that passes these checks reaches only what was claimed; the errors are those of WebUSB.

import { UsbError } from '../../../sdk/protocol/usb-error.ts'
import type {
  UsbConfigurationFacts,
  UsbDirection,
  UsbEndpointFacts,
  UsbInterfaceFacts,
  UsbSetup,
} from '../../../sdk/protocol/usb-wire.ts'

export interface ClaimedInterface {
  readonly number: number
  readonly setting: number
  /** It was taken from a driver of the system. */
  readonly isDetached: boolean
}

const SET_ADDRESS = 5
const SET_CONFIGURATION = 9
const SET_INTERFACE = 11
const IN = 0x80

export class UsbState {
  readonly #configurations: readonly UsbConfigurationFacts[]
  readonly #claimed = new Map<number, ClaimedInterface>()
  #active: UsbConfigurationFacts | undefined

  constructor(configurations: readonly UsbConfigurationFacts[], activeValue: number | null) {
    this.#configurations = configurations
    this.#active = configurations.find(({ configurationValue }) => configurationValue === activeValue)
  }

  get claimed(): readonly ClaimedInterface[] {
    return [...this.#claimed.values()]
  }

  claimedAt(number: number): ClaimedInterface | undefined {
    return this.#claimed.get(number)
  }

  /** @throws UsbError NotFoundError */
  requireConfiguration(value: number): void {
    if (!this.#configurations.some(({ configurationValue }) => configurationValue === value))
      throw new UsbError('NotFoundError', `The device has no configuration ${value}`)
  }

  /** Nothing is claimed any more. */
  select(value: number): void {
    this.#claimed.clear()
    this.#active = this.#configurations.find(({ configurationValue }) => configurationValue === value)
  }

  set(claimed: ClaimedInterface): void {
    this.#claimed.set(claimed.number, claimed)
  }

  release(number: number): void {
    this.#claimed.delete(number)
  }

  /** @throws UsbError InvalidStateError */
  requireConfigured(): UsbConfigurationFacts {
    if (this.#active === undefined)
      throw new UsbError('InvalidStateError', 'The device has no active configuration')
    return this.#active
  }

  /** @throws UsbError InvalidStateError, NotFoundError */
  interfaceAt(number: number): UsbInterfaceFacts {
    const found = this.requireConfigured().interfaces.find(
      ({ interfaceNumber }) => interfaceNumber === number,
    )
    if (found === undefined)
      throw new UsbError('NotFoundError', `The active configuration has no interface ${number}`)
    return found
  }

  /** @throws UsbError InvalidStateError, NotFoundError */
  requireAlternate(number: number, setting: number): void {
    const { alternates } = this.interfaceAt(number)
    this.#requireClaimed(number)
    if (!alternates.some(({ alternateSetting }) => alternateSetting === setting))
      throw new UsbError('NotFoundError', `Interface ${number} has no alternate setting ${setting}`)
  }

  /** The endpoint of a claimed interface. @throws UsbError InvalidStateError, NotFoundError */
  endpointAt(direction: UsbDirection, number: number): UsbEndpointFacts {
    for (const { interfaceNumber, alternates } of this.requireConfigured().interfaces) {
      const claimed = this.#claimed.get(interfaceNumber)
      const current = alternates.find(({ alternateSetting }) => alternateSetting === claimed?.setting)
      const found = current?.endpoints.find(
        (endpoint) => endpoint.direction === direction && endpoint.endpointNumber === number,
      )
      if (found !== undefined) return found
    }
    throw new UsbError('NotFoundError', `No claimed interface has the endpoint ${number} (${direction})`)
  }

  /** @throws UsbError InvalidStateError, NotFoundError, InvalidAccessError */
  requireEndpoint(direction: UsbDirection, number: number, type: 'packets' | 'isochronous'): void {
    const isIsochronous = this.endpointAt(direction, number).type === 'isochronous'
    if (isIsochronous !== (type === 'isochronous'))
      throw new UsbError('InvalidAccessError', `The endpoint ${number} (${direction}) is of another type`)
  }

  /** @throws UsbError InvalidStateError, NotFoundError, SecurityError */
  requireSetup(setup: UsbSetup, direction: UsbDirection): void {
    this.requireConfigured()
    if (setup.recipient === 'interface') {
      const number = setup.index & 0xff
      this.interfaceAt(number)
      this.#requireClaimed(number)
    }
    if (setup.recipient === 'endpoint' && (setup.index & 0x7f) !== 0)
      this.endpointAt((setup.index & IN) === 0 ? 'out' : 'in', setup.index & 0x7f)
    if (direction === 'out' && isOfSystem(setup))
      throw new UsbError(
        'SecurityError',
        'Addresses, configurations and alternate settings are changed by the system: use selectConfiguration() or selectAlternateInterface()',
      )
  }

  #requireClaimed(number: number): void {
    if (!this.#claimed.has(number))
      throw new UsbError('InvalidStateError', `Interface ${number} is not claimed`)
  }
}

/** Requests after which the system would know another device than there is. */
function isOfSystem({ requestType, request }: UsbSetup): boolean {
  return requestType === 'standard' && [SET_ADDRESS, SET_CONFIGURATION, SET_INTERFACE].includes(request)
}
