// The backends as the modules that they are, with the standard objects of Node; in the sandbox they run in the flow tests.

import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'

const SAMPLES = join(import.meta.dirname, '../../sample-plugins')

interface Backend {
  fetch(request: Request, env: unknown, ctx: unknown): Response | Promise<Response>
}

const context = {
  waitUntil() {},
  passThroughOnException() {},
  user: null,
  signal: new AbortController().signal,
}

async function open(id: string, env: unknown = {}, ctx: unknown = context) {
  const [entry] = globSync('index.{js,ts}', { cwd: join(SAMPLES, id, 'backend') })
  assert.ok(entry !== undefined)
  const { default: backend }: { default: Backend } = await import(join(SAMPLES, id, 'backend', entry))
  return async (path: string, init?: RequestInit) =>
    backend.fetch(new Request(`http://x${path}`, init), env, ctx)
}

/** env.kv over a Map: keys in byte order, pages with a cursor. */
function memoryKv() {
  const values = new Map<string, string>()
  return {
    values,
    get: async (key: string, type?: string) => {
      const value = values.get(key)
      return value === undefined ? null : type === 'json' ? JSON.parse(value) : value
    },
    put: async (key: string, value: string) => void values.set(key, value),
    delete: async (key: string) => void values.delete(key),
    list: async ({ prefix = '', limit = 1000, cursor = '' }) => {
      const names = [...values.keys()].sort().filter((name) => name.startsWith(prefix) && name > cursor)
      const keys = names.slice(0, limit).map((name) => ({ name }))
      const isComplete = names.length <= limit
      return { keys, list_complete: isComplete, ...(!isComplete && { cursor: keys.at(-1)?.name }) }
    },
  }
}

describe('example-plugin', () => {
  it('answers exactly {"yay":"it worked"}', async () => {
    const fetch = await open('example-plugin')
    const response = await fetch('/example-endpoint/')
    assert.equal(response.status, 200)
    assert.equal(await response.text(), '{"yay":"it worked"}')
  })

  it('knows no other path and no other method', async () => {
    const fetch = await open('example-plugin')
    assert.equal((await fetch('/example-endpoint')).status, 404)
    assert.equal((await fetch('/toString')).status, 404)
    assert.equal((await fetch('/example-endpoint/', { method: 'POST' })).status, 405)
  })
})

describe('guestbook', () => {
  const start = async (settings = {}, ctx: unknown = context) => {
    const kv = memoryKv()
    const log = { info() {}, error() {} }
    const fetch = await open('guestbook', { kv, settings, log }, ctx)
    const post = (body: unknown) =>
      fetch('/entries', { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) })
    return { kv, fetch, post }
  }

  it('keeps entries, newest first, page by page', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 })
    const { fetch, post } = await start({ entriesPerPage: 2, title: 'Ours' })
    assert.deepEqual(await (await fetch('/page')).json(), { title: 'Ours' })
    for (const name of ['a', 'b', 'c']) {
      assert.equal((await post({ name, text: `<b>${name}</b>` })).status, 201)
      t.mock.timers.tick(1000)
    }
    const first = await (await fetch('/entries')).json()
    assert.deepEqual(
      first.entries.map((entry: { name: string; text: string }) => [entry.name, entry.text]),
      [
        ['c', '<b>c</b>'],
        ['b', '<b>b</b>'],
      ],
    )
    const second = await (await fetch(`/entries?cursor=${encodeURIComponent(first.cursor)}`)).json()
    assert.deepEqual([second.entries[0].name, second.cursor], ['a', null])
  })

  it('refuses what is not an entry, and says which field', async () => {
    const { kv, post } = await start()
    const wrong = [
      ['not json', 'name'],
      [{ text: 'x' }, 'name'],
      [{ name: ' \n', text: 'x' }, 'name'],
      [{ name: 'x'.repeat(61), text: 'x' }, 'name'],
      [{ name: 'x' }, 'text'],
      [{ name: 'x', text: 'x'.repeat(1001) }, 'text'],
    ] as const
    for (const [body, field] of wrong) {
      const response = await post(body)
      assert.equal(response.status, 422)
      assert.equal((await response.json()).field, field)
    }
    assert.equal(kv.values.size, 0)
  })

  it('lets only the writer delete an entry', async () => {
    const { kv, fetch, post } = await start()
    const { id, key } = await (await post({ name: 'a', text: 'b' })).json()
    const listed = await (await fetch('/entries')).json()
    assert.equal(listed.entries[0].key, undefined)
    assert.equal((await fetch(`/entries/${id}`, { method: 'DELETE' })).status, 403)
    assert.equal(
      (await fetch(`/entries/${id}`, { method: 'DELETE', headers: { 'x-entry-key': 'wrong' } })).status,
      403,
    )
    assert.equal((await fetch('/entries/nothing', { method: 'DELETE' })).status, 404)
    assert.equal(kv.values.size, 1)
    assert.equal(
      (await fetch(`/entries/${id}`, { method: 'DELETE', headers: { 'x-entry-key': key } })).status,
      204,
    )
    assert.equal(kv.values.size, 0)
  })

  it('lets managers of plugins delete any entry', async () => {
    const { kv, fetch, post } = await start({}, { ...context, user: { name: 'admin', permissions: ['*'] } })
    const { id } = await (await post({ name: 'a', text: 'b' })).json()
    assert.equal((await fetch(`/entries/${id}`, { method: 'DELETE' })).status, 204)
    assert.equal(kv.values.size, 0)
  })
})

describe('usb-inspector', () => {
  const device = {
    vendorId: 0x46f4,
    productId: 1,
    deviceClass: 8,
    usbVersionMajor: 2,
    usbVersionMinor: 0,
    productName: 'Stick',
    serialNumber: 'secret',
  }

  it('says so when the permission is not granted', async () => {
    const fetch = await open('usb-inspector', { has: () => false })
    assert.deepEqual(await (await fetch('/devices')).json(), { granted: false, devices: [], history: [] })
    assert.equal((await fetch('/devices/a-key/inspection', { method: 'POST' })).status, 404)
  })

  it('lists devices without serial numbers, and remembers what came and went', async () => {
    const usb = Object.assign(new EventTarget(), { getDevices: async () => [device] })
    const fetch = await open('usb-inspector', { has: () => true, usb })
    const shown = { id: '46f4:0001', name: 'Stick', maker: null, kind: 'Storage', usb: '2.0' }
    const [{ key, ...listed }] = (await (await fetch('/devices')).json()).devices
    assert.deepEqual(listed, shown)
    assert.equal((await (await fetch('/devices')).json()).devices[0].key, key)
    for (const type of ['connect', 'disconnect'])
      usb.dispatchEvent(Object.assign(new Event(type), { device }))
    const { history } = await (await fetch('/devices')).json()
    assert.deepEqual(
      history.map((entry: { number: number; type: string; device: unknown }) => [
        entry.number,
        entry.type,
        entry.device,
      ]),
      [
        [2, 'disconnect', shown],
        [1, 'connect', shown],
      ],
    )
  })

  const start = async (answers: (request: number, value: number) => Uint8Array | undefined) => {
    const calls: string[] = []
    const opened = {
      ...{ ...device, configurations: [] },
      open: async () => void calls.push('open'),
      close: async () => void calls.push('close'),
      async controlTransferIn({ request, value }: { request: number; value: number }, length: number) {
        const bytes = answers(request, value)
        if (bytes === undefined) return { status: 'stall' }
        const sent = bytes.slice(0, length)
        return { status: 'ok', data: new DataView(sent.buffer) }
      },
    }
    const usb = Object.assign(new EventTarget(), { getDevices: async () => [opened] })
    const fetch = await open('usb-inspector', { has: () => true, usb })
    const [{ key }] = (await (await fetch('/devices')).json()).devices
    const inspect = () => fetch(`/devices/${key}/inspection`, { method: 'POST' })
    return { calls, opened, inspect }
  }
  const DESCRIPTOR = Uint8Array.of(18, 1, 0, 2, 0, 0, 0, 64, 0xf4, 0x46, 1, 0, 0, 1, 1, 2, 3, 1)

  it('opens a device, and closes it', async () => {
    const strings = new Map([
      [0, [4, 3, 9, 4]],
      [1, [6, 3, 0x51, 0, 0x45, 0]],
      // Half a character, and more than there is.
      [2, [99, 3, 0x41, 0, 0, 0xd8]],
    ])
    const { calls, inspect } = await start((request, value) => {
      if (request === 0) return Uint8Array.of(3, 0)
      if (value === 0x0100) return DESCRIPTOR
      return Uint8Array.from(strings.get(value - 0x0300) ?? [])
    })
    const { status, descriptor, strings: names } = await (await inspect()).json()
    assert.deepEqual(status, { selfPowered: true, remoteWakeup: true })
    assert.deepEqual([descriptor.length, descriptor[7]], [14, { name: 'idVendor', value: 0x46f4 }])
    assert.deepEqual(names, [
      { name: 'iManufacturer', text: 'QE' },
      { name: 'iProduct', text: 'A\ufffd' },
    ])
    assert.deepEqual(calls, ['open', 'close'])
  })

  it('says what a device refuses, and takes what is too short for nothing', async () => {
    const refusing = await start((_request, value) => (value === 0x0100 ? DESCRIPTOR : undefined))
    const { status, strings } = await (await refusing.inspect()).json()
    assert.deepEqual([status, strings], [null, []])
    const short = await start(() => Uint8Array.of(1))
    assert.deepEqual(await (await short.inspect()).json(), {
      ...{ status: null, descriptor: [], strings: [], configurations: [] },
    })
  })

  it('answers with a sentence when the device cannot be opened, or is not there', async () => {
    const { opened, calls, inspect } = await start(() => undefined)
    opened.open = async () => {
      throw new DOMException('The device is in use by the plugin "other"', 'NetworkError')
    }
    const refused = await inspect()
    assert.deepEqual(
      [refused.status, await refused.json()],
      [409, { error: 'The device is in use by the plugin "other".' }],
    )
    const usb = Object.assign(new EventTarget(), { getDevices: async () => [opened] })
    const fetch = await open('usb-inspector', { has: () => true, usb })
    assert.equal((await fetch('/devices/another-key/inspection', { method: 'POST' })).status, 404)
    assert.equal((await fetch('/devices/a-key/inspection')).status, 404)
    assert.deepEqual(calls, [])
  })
})

describe('greedy-plugin', () => {
  it('names its misdeeds and runs none of them for a GET', async () => {
    const fetch = await open('greedy-plugin')
    const misdeeds = await (await fetch('/misdeeds')).json()
    assert.equal(misdeeds.length, 9)
    for (const { name, title, does, expect, statuses } of misdeeds) {
      assert.ok(title && does && expect && statuses.length > 0)
      assert.equal((await fetch(`/${name}`)).status, 405)
    }
    assert.equal((await fetch('/nothing', { method: 'POST' })).status, 404)
  })
})
