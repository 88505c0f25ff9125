// Runs inside the virtual machine: control transfers per second, of a plugin and of the "usb" package alone, in turn.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createApp } from '../../../runtime/app.ts'
import { install, startTestRuntime } from '../../support/runtime.ts'
import { say } from './commands.ts'

/** Transfers per second. */
export interface UsbRate {
  readonly atOnce: number
  readonly plugin: number
  /** Of the "usb" package. */
  readonly alone: number
}

const ROUNDS = 3
const TRANSFERS = 2000
/** Before them, of each process: what is compiled is compiled by then. */
const WARM_UP = 2000

/** Transfers under way at the same time. */
const AT_ONCE = [1, 8]

/** GET_STATUS of the device: two bytes. Returns the rate for each of AT_ONCE. */
const LOOP = `
const setup = { requestType: 'standard', recipient: 'device', request: 0, value: 0, index: 0 }
async function run(transfer, count, atOnce) {
  const began = performance.now()
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let i = 0; i < count / atOnce; i++) await transfer(setup)
  }))
  return count / ((performance.now() - began) / 1000)
}
async function measure(transfer) {
  const rates = []
  for (const atOnce of ${JSON.stringify(AT_ONCE)}) {
    await run(transfer, ${WARM_UP}, atOnce)
    rates.push(await run(transfer, ${TRANSFERS}, atOnce))
  }
  return rates
}`

const BACKEND = `${LOOP}
export default {
  async fetch(_request, env) {
    const [device] = await env.usb.getDevices()
    await device.open()
    try {
      return Response.json(await measure((setup) => device.controlTransferIn(setup, 2)))
    } finally {
      await device.close()
    }
  },
}`

const BARE = `${LOOP}
const loaded = await import('usb/index.js')
const [device] = await (loaded.default ?? loaded).nativeGetDevices()
await device.open()
console.log(JSON.stringify(await measure((setup) => device.nativeControlTransferIn(setup, 5000, 2))))
process.exit()`

const runtime = await startTestRuntime(
  { after: () => undefined },
  {
    config: {
      sandbox: { jail: 'bwrap' },
      limits: { deadlineMs: 300_000, cpuMs: 200_000, cpuPercent: 400 },
    } as never,
  },
)
await install(runtime, { id: 'rates', backend: BACKEND, manifest: { permissions: { usb: [{}] } } })
const app = createApp(runtime)

async function ofPlugin(): Promise<readonly number[]> {
  const response = await app.request('http://127.0.0.1:3000/plugins/rates/api/')
  return (await response.json()) as readonly number[]
}

async function ofPackage(): Promise<readonly number[]> {
  const args = ['--input-type=module', '--eval', BARE]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname })
  return JSON.parse(stdout) as readonly number[]
}

const rates: UsbRate[] = []
for (let round = 0; round < ROUNDS; round++) {
  const [plugin, alone] = [await ofPlugin(), await ofPackage()]
  for (const [at, atOnce] of AT_ONCE.entries())
    rates.push({ atOnce, plugin: plugin[at] ?? 0, alone: alone[at] ?? 0 })
}
say('rates', rates)
await runtime.close()
