// A WebUSB device as plain data for the page. Serial numbers stay here: nobody needs them to look on.

/** Base classes of the USB standard that people meet. */
const CLASSES = new Map([
  [0x01, 'Audio'],
  [0x02, 'Communications'],
  [0x03, 'Keyboard, mouse or other input'],
  [0x06, 'Camera or scanner'],
  [0x07, 'Printer'],
  [0x08, 'Storage'],
  [0x09, 'Hub'],
  [0x0b, 'Smart card reader'],
  [0x0e, 'Video'],
  [0xe0, 'Wireless controller'],
  [0xef, 'Several functions'],
  [0xff, 'Of its own kind'],
])

export function describeDevice(device) {
  const hex = (number) => number.toString(16).padStart(4, '0')
  return {
    id: `${hex(device.vendorId)}:${hex(device.productId)}`,
    name: device.productName ?? 'Unnamed device',
    maker: device.manufacturerName ?? null,
    kind: CLASSES.get(device.deviceClass) ?? 'Told by its interfaces',
    usb: `${device.usbVersionMajor}.${device.usbVersionMinor}`,
  }
}
