// Configurations, interfaces and alternate settings of a USB device in the shape of WebUSB: frozen, but for what is claimed and selected.

import type {
  UsbAlternateInterface,
  UsbConfiguration,
  UsbEndpoint,
  UsbInterface,
} from '../../../../sdk/plugin-api/usb.ts'
import type {
  UsbAlternateFacts,
  UsbConfigurationFacts,
  UsbInterfaceFacts,
} from '../../../../sdk/protocol/usb-wire.ts'

/** Changed by the device that these belong to. */
export interface DeviceState {
  /** Value of the active configuration. */
  active: number | null
  /** Selected alternate settings of the claimed interfaces, by number. */
  readonly claimed: Map<number, number>
}

const { freeze } = Object

export function configurationOf(facts: UsbConfigurationFacts, state: DeviceState): UsbConfiguration {
  const { configurationValue, configurationName } = facts
  const settingOf = (number: number): number | undefined =>
    state.active === configurationValue ? state.claimed.get(number) : undefined
  const interfaces = facts.interfaces.map((each) => interfaceOf(each, settingOf))
  return freeze({ configurationValue, configurationName, interfaces: frozen(interfaces) })
}

function interfaceOf(
  facts: UsbInterfaceFacts,
  settingOf: (number: number) => number | undefined,
): UsbInterface {
  const { interfaceNumber } = facts
  const alternates = facts.alternates.map(alternateOf)
  return freeze({
    interfaceNumber,
    alternates: frozen(alternates),
    get alternate() {
      const setting = settingOf(interfaceNumber) ?? 0
      const found = alternates.find(({ alternateSetting }) => alternateSetting === setting) ?? alternates[0]
      // Every interface has one.
      return found as UsbAlternateInterface
    },
    get claimed() {
      return settingOf(interfaceNumber) !== undefined
    },
  })
}

function alternateOf({ endpoints, ...facts }: UsbAlternateFacts): UsbAlternateInterface {
  const own: UsbEndpoint[] = endpoints.map((endpoint) => freeze({ ...endpoint }))
  return freeze({ ...facts, endpoints: frozen(own) })
}

/** WebUSB has frozen arrays, which its types do not say. */
function frozen<T>(list: T[]): T[] {
  freeze(list)
  return list
}
