// Runs inside the virtual machine: a whole runtime with plugins that use its USB devices. Says what came of each step, a line of JSON each.

import { readdirSync, readlinkSync } from 'node:fs'
import { createApp } from '../../../runtime/app.ts'
import { commandOf } from '../../../runtime/processes/process-figures.ts'
import { descendantsOf } from '../../support/jail.ts'
import { api, install, startTestRuntime } from '../../support/runtime.ts'

function say(event: string, detail: unknown): void {
  process.stdout.write(`PROBE ${JSON.stringify({ event, detail })}\n`)
}

/** Each member is the body of a function of the device and its product name. */
const BACKEND = `
const INQUIRY = Uint8Array.of(0x55, 0x53, 0x42, 0x43, 1, 0, 0, 0, 36, 0, 0, 0, 0x80, 0, 6, 0x12, 0, 0, 0, 36, ...Array(11).fill(0))
const bytes = ({ data }) => [...new Uint8Array(data.buffer)]
const steps = {
  async claim(device) {
    await device.claimInterface(0)
  },
  async inquire(device) {
    const setup = { requestType: 'standard', recipient: 'device', request: 6, value: 0x0100, index: 0 }
    const descriptor = bytes(await device.controlTransferIn(setup, 18))
    await device.claimInterface(0)
    const sent = await device.transferOut(2, INQUIRY)
    const answer = bytes(await device.transferIn(1, 36))
    const status = bytes(await device.transferIn(1, 13))
    return { descriptor, sent, text: String.fromCharCode(...answer.slice(8, 32)), status }
  },
  async stall(device) {
    await device.claimInterface(0)
    const { status } = await device.transferIn(1, 512)
    await device.clearHalt('in', 1)
    return status
  },
  async reset(device) {
    await device.claimInterface(0)
    await device.reset()
    await device.transferOut(2, INQUIRY)
    return bytes(await device.transferIn(1, 36)).length
  },
  async key(device, env) {
    await device.claimInterface(0)
    env.log.info('waiting')
    for (;;) {
      const report = bytes(await device.transferIn(1, 8))
      if (report[2] !== 0) return report
    }
  },
}
export default {
  async fetch(request, env) {
    const [step, product] = (await request.text()).split(' ')
    const found = (await env.usb.getDevices()).find(({ productName }) => productName.includes(product))
    if (found === undefined) return Response.json({ error: 'none' })
    try {
      await found.open()
      return Response.json((await steps[step](found, env)) ?? null)
    } catch (error) {
      return Response.json({ error: error.name, code: error.cause?.code, message: error.message, opened: found.opened })
    } finally {
      await found.close()
    }
  },
}
`

const runtime = await startTestRuntime(
  { after: () => undefined },
  { config: { sandbox: { jail: 'bwrap' }, limits: { deadlineMs: 120_000, cpuMs: 60_000 } } as never },
)
const stick = { vendorId: 0x46f4, detachKernelDriver: true }
for (const [id, usb] of Object.entries({
  without: [{ vendorId: 0x46f4 }],
  scsi: [stick],
  keys: [{ classCode: 3 }],
}))
  await install(runtime, { id, backend: BACKEND, manifest: { permissions: { usb } } })
const app = createApp(runtime)

async function ask(id: string, body: string): Promise<unknown> {
  const url = `http://127.0.0.1:3000/plugins/${id}/api/`
  const response = await app.request(url, { method: 'POST', body })
  return await response.json()
}

/** The drivers that have interfaces of devices. */
function drivers(): readonly string[] {
  const folder = '/sys/bus/usb/drivers/usb-storage'
  return readdirSync(folder).filter((name) => /^\d+-/.test(name))
}

/** Device processes that have a device open are not idle: this one lists. */
function deviceProcesses(): number {
  return descendantsOf(process.pid).filter((pid) => {
    const command = commandOf(pid)
    return !command[0]?.endsWith('/bwrap') && command.some((word) => /\/usb-|devices\/usb\/worker/.test(word))
  }).length
}

async function untilWaiting(): Promise<void> {
  for (;;) {
    const text = await (await api(runtime, '/plugins/keys/logs')).text()
    if (text.includes('waiting')) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

say('jail', [runtime.jail.kind, readlinkSync('/proc/self/root')])
say('devices', await (await api(runtime, '/devices')).json())
say('without the grant to detach', [await ask('without', 'claim HARDDRIVE'), drivers().length])
say('inquiry', [await ask('scsi', 'inquire HARDDRIVE'), drivers().length])
say('stall', await ask('scsi', 'stall HARDDRIVE'))
say('reset', [await ask('scsi', 'reset HARDDRIVE'), drivers().length])
const pressing = ask('keys', 'key Keyboard')
await untilWaiting()
say('press a key', null)
say('key', await pressing)
const pulling = ask('keys', 'key Keyboard')
await new Promise((resolve) => setTimeout(resolve, 2000))
say('pull it out', deviceProcesses())
say('pulled', await pulling)
say('after', [await ask('keys', 'key Keyboard'), deviceProcesses()])
await runtime.close()
say('closed', descendantsOf(process.pid).length)
