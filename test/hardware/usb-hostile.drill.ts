// Devices that lie, stall, or never answer, in a real kernel: what is plugged in beside them works all the time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Booted, boot } from './boot.ts'
import { OBSTINATE_KINDS, productOf, TAKEN_KINDS, TOUCHED_KINDS } from './guest/hostile-devices.ts'

interface Listed {
  readonly vendorId: number
  readonly productId: number
  readonly manufacturerName: string | null
  readonly productName: string | null
  readonly serialNumber: string | null
}

interface Touched {
  /** How often each came: "<step>: <outcome>". */
  readonly outcomes?: Readonly<Record<string, number>>
  readonly opened?: boolean
  readonly error?: string
  readonly message?: string
}

interface Failure {
  readonly error: string
  readonly code?: string
}

const GOOD_VENDOR = 0x600d
/** Of WebUSB, and of its results. */
const OUTCOMES =
  /^\w+: (?:done|NetworkError|NotFoundError|AbortError|InvalidStateError|InvalidAccessError|NotSupportedError|TimeoutError|SecurityError)$/
const LOOKS = 300
const LOOK_MS = 1000

test('devices that lie, stall or never answer are in the way of nothing; a pulled one ends its bulk transfers', {
  timeout: 590_000,
}, async (t) => {
  const guest = await boot(t, {
    main: 'usb-hostile.ts',
    modules: ['vhci-hcd'],
    args: [],
    countsInstructions: true,
  })
  if (guest === undefined) return
  assert.equal(await guest.said('jail'), 'bwrap')
  await guest.said('ready')

  await guest.ask('plug', { kind: 'good' })
  await until('the good device is there', async () => (await listed(guest)).some(isGood))
  const plugin = (id: string, step: string, args: object = {}) => guest.ask('ask', { id, step, ...args })
  const echoes = async () => Number(await plugin('good', 'echoes'))
  await guest.ask('start', { key: 'echo', id: 'good', step: 'echo', product: 1 })
  const untilEchoes = async () => {
    const before = await echoes()
    await until('the good device echoes', async () => (await echoes()) > before)
  }
  await untilEchoes()

  /** The good device is in every list from now on. */
  const look = async (): Promise<readonly Listed[]> => {
    const list = await listed(guest)
    assert.ok(list.some(isGood), JSON.stringify(list))
    return list.filter((device) => !isGood(device))
  }

  for (const kind of [...OBSTINATE_KINDS, ...TAKEN_KINDS]) await guest.ask('plug', { kind })
  const wanted = TAKEN_KINDS.map(productOf)
  let found: readonly Listed[] = []
  await until(
    'what the system takes is listed',
    async () => {
      found = await look()
      return wanted.every((product) => found.some(({ productId }) => productId === product))
    },
    () => JSON.stringify(found),
  )
  for (const { manufacturerName, productName, serialNumber } of found)
    for (const name of [manufacturerName, productName, serialNumber]) {
      if (name === null) continue
      assert.ok(name.isWellFormed() && name.length > 0 && name.length <= 126, JSON.stringify(name))
      assert.doesNotMatch(name, /\p{Cc}/u, 'a terminal may show it')
    }

  for (const kind of TOUCHED_KINDS) {
    const touched: Touched = await guest.ask<Touched>('ask', {
      id: 'hostile',
      step: 'touch',
      product: productOf(kind),
    })
    if (touched.outcomes === undefined) {
      // The system has not made a device of it yet, or not any more.
      assert.equal(touched.message, 'There is no such device', `${kind}: ${JSON.stringify(touched)}`)
      assert.ok(OBSTINATE_KINDS.includes(kind), kind)
      continue
    }
    for (const outcome of Object.keys(touched.outcomes)) assert.match(outcome, OUTCOMES, kind)
    assert.equal(touched.opened, false, kind)
  }
  await untilEchoes()

  await guest.ask('plug', { kind: 'deaf' })
  await until('the deaf device is there', async () =>
    (await listed(guest)).some((device) => device.vendorId === GOOD_VENDOR && device.productId === 2),
  )
  await guest.ask('start', { key: 'wait', id: 'good', step: 'wait', product: 2 })
  await until('its transfers are under way', async () =>
    (await guest.ask<string>('logs', { id: 'good' })).includes('waiting'),
  )
  await guest.ask('pull', { kind: 'deaf' })
  const pulled = await guest.ask<{ outcomes: Failure[]; opened: boolean; later: Failure }>('finish', {
    key: 'wait',
  })
  assert.deepEqual(
    pulled.outcomes.map(({ error, code }) => [error, code]),
    [
      ['NotFoundError', 'DEVICE_GONE'],
      ['NotFoundError', 'DEVICE_GONE'],
    ],
  )
  assert.deepEqual([pulled.opened, pulled.later.error], [false, 'InvalidStateError'])

  for (const kind of [...OBSTINATE_KINDS, ...TAKEN_KINDS]) await guest.ask('pull', { kind })
  await until('all are gone', async () => (await look()).length === 0)
  await untilEchoes()
  await plugin('good', 'end')
  const ended = await guest.ask<{ readonly echoes?: number }>('finish', { key: 'echo' })
  assert.ok(Number(ended.echoes) > 0, JSON.stringify(ended))
  await until(
    'no process has a device any more',
    async () => Number(await guest.ask('deviceProcesses')) === 0,
  )
})

async function listed(guest: Booted): Promise<readonly Listed[]> {
  return (await guest.ask<{ readonly items: readonly Listed[] }>('devices')).items
}

function isGood({ vendorId, productId }: Listed): boolean {
  return vendorId === GOOD_VENDOR && productId === 1
}

async function until(what: string, look: () => Promise<boolean>, found = () => ''): Promise<void> {
  for (let i = 0; i < LOOKS; i++) {
    if (await look()) return
    await delay(LOOK_MS)
  }
  assert.fail(`It did not happen that ${what}: ${found()}`)
}
