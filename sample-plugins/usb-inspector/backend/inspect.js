// Opens a device, asks it what changes nothing, and closes it: its status, its device descriptor, and its strings.
// What a device answers is hostile: every length is checked here.

const GET_STATUS = 0
const GET_DESCRIPTOR = 6
const DEVICE = 1
const STRING = 3
const DEVICE_LENGTH = 18
const LONGEST = 255

/** Fields of a device descriptor, in the order of their bytes: name, and how many of them it has. */
const FIELDS = [
  ['bLength', 1],
  ['bDescriptorType', 1],
  ['bcdUSB', 2],
  ['bDeviceClass', 1],
  ['bDeviceSubClass', 1],
  ['bDeviceProtocol', 1],
  ['bMaxPacketSize0', 1],
  ['idVendor', 2],
  ['idProduct', 2],
  ['bcdDevice', 2],
  ['iManufacturer', 1],
  ['iProduct', 1],
  ['iSerialNumber', 1],
  ['bNumConfigurations', 1],
]

/** Rejects with the DOMException of what did not work; the device is closed in any case. */
export async function inspect(device) {
  await device.open()
  try {
    const fields = deviceFields(await descriptor(device, DEVICE, 0, { length: DEVICE_LENGTH }))
    return {
      status: await statusOf(device),
      descriptor: fields,
      strings: await stringsOf(device, fields),
      configurations: device.configurations.map(shapeOf),
    }
  } finally {
    await device.close()
  }
}

/** @returns undefined when the device refuses to say */
async function ask(device, request, value, { index = 0, length }) {
  const setup = { requestType: 'standard', recipient: 'device', request, value, index }
  const { status, data } = await device.controlTransferIn(setup, length)
  return status === 'ok' ? data : undefined
}

function descriptor(device, type, number, { index, length }) {
  return ask(device, GET_DESCRIPTOR, (type << 8) | number, { index, length })
}

async function statusOf(device) {
  const data = await ask(device, GET_STATUS, 0, { length: 2 })
  if (data === undefined || data.byteLength < 2) return null
  const bits = data.getUint16(0, true)
  return { selfPowered: (bits & 1) !== 0, remoteWakeup: (bits & 2) !== 0 }
}

function deviceFields(data) {
  if (data === undefined || data.byteLength < DEVICE_LENGTH) return []
  let at = 0
  return FIELDS.map(([name, bytes]) => {
    const value = bytes === 1 ? data.getUint8(at) : data.getUint16(at, true)
    at += bytes
    return { name, value }
  })
}

/** In the first language that the device has. Its serial number is left out. */
async function stringsOf(device, fields) {
  const numberOf = (name) => fields.find((field) => field.name === name)?.value ?? 0
  const languages = await descriptor(device, STRING, 0, { length: LONGEST })
  if (languages === undefined || languages.byteLength < 4) return []
  const index = languages.getUint16(2, true)
  const strings = []
  for (const name of ['iManufacturer', 'iProduct']) {
    const number = numberOf(name)
    if (number === 0) continue
    const data = await descriptor(device, STRING, number, { index, length: LONGEST })
    strings.push({ name, text: data === undefined ? null : textOf(data) })
  }
  return strings
}

/** UTF-16, after two bytes of which the first is its length; half a character becomes a replacement character. */
function textOf(data) {
  const length = data.byteLength < 2 ? 0 : Math.min(data.getUint8(0), data.byteLength)
  if (length <= 2) return ''
  const bytes = new Uint8Array(data.buffer, data.byteOffset + 2, length - 2)
  return new TextDecoder('utf-16le').decode(bytes)
}

function shapeOf({ configurationValue, configurationName, interfaces }) {
  return {
    value: configurationValue,
    name: configurationName,
    interfaces: interfaces.map(({ interfaceNumber, alternates }) => ({
      number: interfaceNumber,
      alternates: alternates.map(({ alternateSetting, interfaceClass, interfaceName, endpoints }) => ({
        ...{ setting: alternateSetting, class: interfaceClass, name: interfaceName },
        endpoints: endpoints.map(({ endpointNumber, direction, type, packetSize }) => ({
          ...{ number: endpointNumber, direction, type, packetSize },
        })),
      })),
    })),
  }
}
