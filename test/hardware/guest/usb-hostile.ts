// Runs inside the virtual machine: a whole runtime with two plugins, of which one talks to a good device all the time, and the other to
// devices that lie. The test outside says which are plugged in.

import { createApp } from '../../../runtime/app.ts'
import { commandOf } from '../../../runtime/processes/process-figures.ts'
import { descendantsOf } from '../../support/jail.ts'
import { api, install, startTestRuntime } from '../../support/runtime.ts'
import { say, serveCommands } from './commands.ts'
import { configuration, deviceOf, endpoint, interfaceOf } from './descriptors.ts'
import { HOSTILE_VENDOR, hostileDevice, productOf, TAKEN_KINDS } from './hostile-devices.ts'
import { type Attached, attach, type DeviceModel } from './usbip-device.ts'

const GOOD_VENDOR = 0x600d

/** Each member is a step, with the device that is named by its product. */
const BACKEND = `
let echoes = 0
let isEnded = false
const settled = (work) => work.then(() => 'done', (error) => error.name)
const nameOf = (error) => ({ error: error.name, code: error.cause?.code, message: error.message })
const steps = {
  list: (_, env) => env.usb.getDevices(),
  /** Sends something and gets it back, until it is told to end. */
  async echo({ product }, env) {
    const device = await found(product, env)
    await device.open()
    await device.claimInterface(0)
    while (!isEnded) {
      await device.transferOut(2, Uint8Array.of(echoes & 0xff))
      const { data } = await device.transferIn(1, 64)
      if (data.byteLength !== 1 || data.getUint8(0) !== (echoes & 0xff)) throw new Error('another echo')
      echoes++
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await device.close()
    return { echoes }
  },
  echoes: () => echoes,
  end: () => void (isEnded = true),
  /** Whatever its descriptors offer. Returns how often each outcome came. */
  async touch({ product }, env) {
    const device = await found(product, env)
    const outcomes = {}
    const note = async (step, work) => {
      const outcome = step + ': ' + (await settled(work))
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    }
    const pending = []
    await note('open', device.open())
    for (const { interfaceNumber, alternates } of (device.configuration?.interfaces ?? []).slice(0, 3)) {
      await note('claim', device.claimInterface(interfaceNumber))
      for (const { alternateSetting } of alternates.slice(0, 3).reverse())
        await note('alternate', device.selectAlternateInterface(interfaceNumber, alternateSetting))
      for (const { endpointNumber, direction } of (alternates[0]?.endpoints ?? []).slice(0, 8)) {
        const transfer =
          direction === 'in'
            ? device.transferIn(endpointNumber, 4096)
            : device.transferOut(endpointNumber, new Uint8Array(4096))
        pending.push(note(direction, transfer))
      }
    }
    const setup = { requestType: 'standard', recipient: 'device', request: 0, value: 0, index: 0 }
    pending.push(note('status', device.controlTransferIn(setup, 2)))
    pending.push(note('descriptor', device.controlTransferIn({ ...setup, request: 6, value: 0x0200 }, 65535)))
    await new Promise((resolve) => setTimeout(resolve, 500))
    await note('close', device.close())
    await Promise.all(pending)
    return { outcomes, opened: device.opened }
  },
  /** Waits for what never comes, in both directions. */
  async wait({ product }, env) {
    const device = await found(product, env)
    await device.open()
    await device.claimInterface(0)
    const outcomes = [device.transferIn(1, 65536), device.transferOut(2, new Uint8Array(65536))].map((work) => work.then(() => 'done', nameOf))
    env.log.info('waiting')
    return { outcomes: await Promise.all(outcomes), opened: device.opened, later: await device.transferIn(1, 64).then(() => 'done', nameOf) }
  },
}
async function found(product, env) {
  const device = (await env.usb.getDevices()).find(({ productId }) => productId === product)
  if (device === undefined) throw new Error('There is no such device')
  return device
}
export default {
  async fetch(request, env) {
    const { step, ...args } = await request.json()
    try {
      return Response.json((await steps[step](args, env)) ?? null)
    } catch (error) {
      return Response.json(nameOf(error))
    }
  },
}
`

const runtime = await startTestRuntime(
  { after: () => undefined },
  {
    config: {
      sandbox: { jail: 'bwrap' },
      limits: { deadlineMs: 300_000, cpuMs: 60_000, cpuPercent: 400 },
    } as never,
  },
)
for (const [id, usb] of Object.entries({
  good: [{ vendorId: GOOD_VENDOR }],
  hostile: [{ vendorId: HOSTILE_VENDOR }],
}))
  await install(runtime, { id, backend: BACKEND, manifest: { permissions: { usb } } })
const app = createApp(runtime)

async function ask({ id, ...body }: { readonly id: string }): Promise<unknown> {
  const url = `http://127.0.0.1:3000/plugins/${id}/api/`
  const response = await app.request(url, { method: 'POST', body: JSON.stringify(body) })
  return await response.json()
}

const attached = new Map<string, Attached>()
const started = new Map<string, Promise<unknown>>()
const GOOD = deviceOf({
  ...{ vendorId: GOOD_VENDOR, productId: 1, strings: ['Maker', 'Good', 'GOOD'] },
  configurations: [configuration([interfaceOf(0, { endpoints: [endpoint(0x81), endpoint(0x02)] })])],
})
/** Never ends a bulk transfer. */
const DEAF: DeviceModel = {
  ...deviceOf({
    ...{ vendorId: GOOD_VENDOR, productId: 2, strings: ['Maker', 'Deaf', 'DEAF'] },
    configurations: [configuration([interfaceOf(0, { endpoints: [endpoint(0x81), endpoint(0x02)] })])],
  }),
  transfer: () => 'silence',
}
/** The controllers that have no good device: one each for what the kernel waits for, and one for all others. */
const CONTROLLERS = 8
const places = { obstinate: 0, taken: 0 }

function nextPlace(kind: string): readonly [controller: number, port: number] {
  if (TAKEN_KINDS.includes(kind)) return [CONTROLLERS - 1, places.taken++]
  return [1 + places.obstinate++, 0]
}

say('jail', runtime.jail.kind)
serveCommands({
  ask,
  start: ({ key, ...body }: { readonly key: string; readonly id: string }) =>
    void started.set(key, ask(body)),
  finish: ({ key }: { readonly key: string }) => started.get(key),
  async plug({ kind }: { readonly kind: string }) {
    if (kind === 'good') attached.set(kind, await attach(GOOD, 0, 0))
    else if (kind === 'deaf') attached.set(kind, await attach(DEAF, 0, 1))
    else attached.set(kind, await attach(hostileDevice(kind), ...nextPlace(kind)))
    return productOf(kind)
  },
  pull({ kind }: { readonly kind: string }) {
    attached.get(kind)?.detach()
    attached.delete(kind)
  },
  devices: async () => (await api(runtime, '/devices')).json(),
  logs: async ({ id }: { readonly id: string }) => (await api(runtime, `/plugins/${id}/logs`)).text(),
  deviceProcesses: () =>
    descendantsOf(process.pid).filter((pid) => {
      const command = commandOf(pid)
      return (
        !command[0]?.endsWith('/bwrap') && command.some((word) => /\/usb-|devices\/usb\/worker/.test(word))
      )
    }).length,
})
