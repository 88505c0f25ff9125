// Runs inside the virtual machine: says what our list of USB devices says, a line of JSON each.

import { createUsbBackend } from '../../../runtime/devices/usb/usb-backend.ts'
import { createUsbDevices } from '../../../runtime/devices/usb/usb-devices.ts'
import { createLog } from '../../../runtime/log.ts'
import { NO_JAIL } from '../../../runtime/processes/jail/jail.ts'

function say(event: string, detail: unknown): void {
  process.stdout.write(`PROBE ${JSON.stringify({ event, detail })}\n`)
}

// There is no udev in this machine, whose news the "usb" package listens for: changes are found by looking.
const devices = createUsbDevices({
  backend: createUsbBackend({ jail: NO_JAIL, log: createLog('info') }),
  pollMs: 200,
  warn: (message, error) => say('warning', `${message}: ${String(error)}`),
})
devices.subscribe((change) => {
  say(change.kind, change.device)
  if (change.kind === 'connect') void devices.list().then((list) => say('list after', list))
})
say('list', await devices.list())
// The watch keeps no process alive; this timer does, and ends the machine if the test has not.
setTimeout(() => process.exit(), 280_000)
