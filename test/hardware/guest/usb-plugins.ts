// Runs inside the virtual machine: a whole runtime with plugins that use its USB devices. Says what came of each step, a line of JSON each.

import assert from 'node:assert/strict'
import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createApp } from '../../../runtime/app.ts'
import { commandOf } from '../../../runtime/processes/process-figures.ts'
import { folderSource, readableFolders, SAMPLES } from '../../../runtime/samples/folder-source.ts'
import { descendantsOf } from '../../support/jail.ts'
import { ADMIN_TOKEN, api, install, startTestRuntime } from '../../support/runtime.ts'

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
  /** Its serial line is silent. */
  async bulk(device, env) {
    await device.claimInterface(0)
    const [{ endpoints }] = device.configuration.interfaces[0].alternates
    const { endpointNumber } = endpoints.find(({ direction, type }) => direction === 'in' && type === 'bulk')
    for (;;) {
      // Two bytes of status come now and then, without data.
      const transfers = [1, 2, 3].map(() => device.transferIn(endpointNumber, 65536))
      env.log.info('waiting')
      await Promise.all(transfers)
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

const inspector = await folderSource(join(SAMPLES, 'usb-inspector'))
const runtime = await startTestRuntime(
  { after: () => undefined },
  {
    packageFolders: [...readableFolders(inspector)],
    config: { sandbox: { jail: 'bwrap' }, limits: { deadlineMs: 120_000, cpuMs: 60_000 } } as never,
  },
)
const stick = { vendorId: 0x46f4, detachKernelDriver: true }
for (const [id, usb] of Object.entries({
  without: [{ vendorId: 0x46f4 }],
  scsi: [stick],
  keys: [{ classCode: 3 }],
  serial: [{ vendorId: 0x0403 }],
}))
  await install(runtime, { id, backend: BACKEND, manifest: { permissions: { usb } } })
const app = createApp(runtime)

async function ask(id: string, body: string): Promise<unknown> {
  const url = `http://127.0.0.1:3000/plugins/${id}/api/`
  const response = await app.request(url, { method: 'POST', body })
  return await response.json()
}

async function untilFound(id: string, body: string): Promise<unknown> {
  for (;;) {
    const answer = await ask(id, body)
    if ((answer as { readonly error?: string } | null)?.error !== 'none') return answer
    await delay(200)
  }
}

/** As its page does it, for an administrator. */
async function inspect(product: string): Promise<unknown> {
  const call = async (path: string, method = 'GET'): Promise<unknown> => {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
    const url = `http://127.0.0.1:3000/plugins/usb-inspector/api/${path}`
    return await (await app.request(url, { method, headers })).json()
  }
  const { devices } = (await call('devices')) as { devices: readonly { key: string; name: string }[] }
  const found = devices.find(({ name }) => name.includes(product))
  return await call(`devices/${found?.key}/inspection`, 'POST')
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

/** @throws when the step ends before that */
async function untilWaiting(id: string, step: Promise<unknown>): Promise<void> {
  const ended = step.then((answer) => assert.fail(`It did not wait: ${JSON.stringify(answer)}`))
  const waiting = async (): Promise<void> => {
    while (!(await (await api(runtime, `/plugins/${id}/logs`)).text()).includes('waiting')) await delay(100)
  }
  await Promise.race([waiting(), ended])
  ended.catch(() => undefined)
}

say('jail', [runtime.jail.kind, readlinkSync('/proc/self/root')])
say('devices', await (await api(runtime, '/devices')).json())
say('without the grant to detach', [await ask('without', 'claim HARDDRIVE'), drivers().length])
say('inquiry', [await ask('scsi', 'inquire HARDDRIVE'), drivers().length])
say('stall', await ask('scsi', 'stall HARDDRIVE'))
say('reset', [await ask('scsi', 'reset HARDDRIVE'), drivers().length])
const pressing = ask('keys', 'key Keyboard')
await untilWaiting('keys', pressing)
say('press a key', null)
say('key', await pressing)
const pulling = ask('keys', 'key Keyboard')
await delay(2000)
say('pull it out', deviceProcesses())
say('pulled', await pulling)
say('after', [await ask('keys', 'key Keyboard'), deviceProcesses()])
const reading = ask('serial', 'bulk SERIAL')
await untilWaiting('serial', reading)
say('pull it out in a bulk transfer', deviceProcesses())
say('pulled in a bulk transfer', await reading)
say('after it', [await ask('serial', 'bulk SERIAL'), deviceProcesses()])
say('plug it in again', null)
say('again', await untilFound('serial', 'claim SERIAL'))
await runtime.plugins.upload(inspector, { actor: 'test', enable: true })
say('inspected', [await inspect('HARDDRIVE'), drivers().length])
await runtime.close()
say('closed', descendantsOf(process.pid).length)
