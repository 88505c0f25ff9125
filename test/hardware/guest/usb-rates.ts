// Runs inside the virtual machine: control transfers per second, of a plugin and of the "usb" package alone, in turn.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createApp } from '../../../runtime/app.ts'
import { install, startTestRuntime } from '../../support/runtime.ts'
import { say } from './commands.ts'

const ROUNDS = 3
const TRANSFERS = 400
/** Before them, of each process: what is compiled is compiled by then. */
const WARM_UP = 200

/** GET_STATUS of the device: two bytes. */
const LOOP = `
const setup = { requestType: 'standard', recipient: 'device', request: 0, value: 0, index: 0 }
async function measure(transfer) {
  for (let i = 0; i < ${WARM_UP}; i++) await transfer(setup)
  const began = performance.now()
  for (let i = 0; i < ${TRANSFERS}; i++) await transfer(setup)
  return ${TRANSFERS} / ((performance.now() - began) / 1000)
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
console.log(await measure((setup) => device.nativeControlTransferIn(setup, 5000, 2)))
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

async function ofPlugin(): Promise<number> {
  const response = await app.request('http://127.0.0.1:3000/plugins/rates/api/')
  return Number(await response.text())
}

async function ofPackage(): Promise<number> {
  const args = ['--input-type=module', '--eval', BARE]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname })
  return Number(stdout)
}

const rounds: (readonly [plugin: number, alone: number])[] = []
for (let i = 0; i < ROUNDS; i++) {
  rounds.push([await ofPlugin(), await ofPackage()])
  say('round', rounds.at(-1))
}
say('rates', rounds)
await runtime.close()
