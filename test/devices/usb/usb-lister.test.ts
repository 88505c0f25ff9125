import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { UsbLister, type UsbListerParts } from '../../../runtime/devices/usb/usb-lister.ts'
import type { Mounts, UsbPort } from '../../../runtime/devices/usb/usb-mounts.ts'
import { describe } from '../../../runtime/devices/usb/worker/describe.ts'
import { PlugbayError } from '../../../runtime/errors.ts'
import { UsbError } from '../../../sdk/protocol/usb-error.ts'
import { until } from '../../support/runtime.ts'
import { FakeDevice } from '../../support/usb-bus.ts'

/** How a device lets itself be read. */
type Manner =
  | 'at once'
  | 'never'
  | 'without interfaces'
  | 'with many interfaces'
  | 'as the end of the process'

function setUp(t: TestContext, parts: Partial<UsbListerParts> = {}) {
  const plugged = new Map<string, Manner>()
  const running = new Set<Mounts>()
  const reads: string[][] = []
  const warnings: unknown[] = []
  const lister = new UsbLister({
    isConfined: true,
    log: { warn: (fields: unknown) => void warnings.push(fields) } as UsbListerParts['log'],
    ports: () => [...plugged.keys()].map(portOf),
    times: { readMs: 30, retryMs: 3_600_000, patienceMs: 5 },
    start(mounts) {
      running.add(mounts)
      return {
        sees: (others) => isDeepStrictEqual(others, mounts),
        end: async () => void running.delete(mounts),
        call: (async (
          call: { readonly keys?: readonly string[] },
          { deadlineMs }: { deadlineMs: number },
        ) => {
          const keys = call.keys ?? [...plugged.keys()]
          reads.push([...keys])
          // A process sees more than it is asked for only where it is not confined.
          const seen = parts.isConfined === false ? [...plugged.keys()] : keys
          const manners = seen.map((key) => plugged.get(key))
          if (manners.includes('never')) {
            await new Promise((resolve) => setTimeout(resolve, deadlineMs))
            throw new PlugbayError('DEADLINE', 'No answer from the usb process')
          }
          if (manners.includes('as the end of the process'))
            throw new PlugbayError('PROCESS_CRASHED', 'The usb process ended unexpectedly')
          return { result: keys.map((key) => infoOf(key, plugged.get(key))), bytes: undefined }
        }) as ReturnType<UsbListerParts['start']>['call'],
      }
    },
    ...parts,
  })
  t.after(() => lister.close())
  const keys = async () => (await lister.list()).map(({ key }) => key)
  return { plugged, running, reads, warnings, lister, keys }
}

function portOf(key: string): UsbPort {
  return { key, identity: `${key} of now`, folder: `/sys/devices/${key}` }
}

function infoOf(key: string, manner: Manner | undefined) {
  const info = { ...describe(new FakeDevice()), key }
  const [first] = info.configurations
  const interfaces = first?.interfaces ?? []
  if (manner === 'with many interfaces' && first !== undefined)
    return { ...info, configurations: [{ ...first, interfaces: Array(64).fill(interfaces).flat() }] }
  return manner === 'without interfaces' ? { ...info, configurations: [] } : info
}

test('a device is read once, and again after it was plugged in again', async (t) => {
  const { plugged, reads, keys, running } = setUp(t)
  assert.deepEqual([await keys(), running.size], [[], 0])
  plugged.set('001:2', 'at once')
  assert.deepEqual(await keys(), ['001:2'])
  plugged.set('001:3', 'at once')
  assert.deepEqual(await keys(), ['001:2', '001:3'])
  await keys()
  assert.deepEqual(reads, [['001:2'], ['001:3']])
  plugged.delete('001:2')
  assert.deepEqual(await keys(), ['001:3'])
  plugged.set('001:2', 'at once')
  await keys()
  assert.deepEqual(reads.at(-1), ['001:2'])
})

test('a device without interfaces is listed, and read again until it has some', async (t) => {
  const { plugged, reads, keys } = setUp(t)
  plugged.set('001:2', 'without interfaces')
  assert.deepEqual([await keys(), await keys(), reads.length], [['001:2'], ['001:2'], 2])
  plugged.set('001:2', 'at once')
  await keys()
  await keys()
  assert.equal(reads.length, 3)
})

for (const manner of ['never', 'as the end of the process'] as const)
  test(`a device that lets itself be read ${manner} hides no other, and is left alone`, async (t) => {
    const { plugged, reads, keys, running, warnings } = setUp(t)
    plugged.set('001:2', 'at once')
    await keys()
    plugged.set('001:3', manner)
    plugged.set('001:4', 'at once')
    assert.ok((await keys()).includes('001:2'))
    await until('the other new one is listed', async () => (await keys()).includes('001:4'))
    await until('the bad one is given up', async () => warnings.length > 0)
    assert.deepEqual(await keys(), ['001:2', '001:4'])
    const before = reads.length
    await keys()
    assert.equal(reads.length, before, 'nothing is read any more')
    assert.ok(running.size <= 1)
  })

test('a device that could not be read is tried again later, and forgotten when it is pulled out', async (t) => {
  const { plugged, keys, reads } = setUp(t, { times: { readMs: 10, retryMs: 20, patienceMs: 5 } })
  plugged.set('001:3', 'never')
  await keys()
  await until('it is tried again', async () => {
    await keys()
    return reads.length > 2
  })
  plugged.set('001:3', 'at once')
  await until('it is listed', async () => (await keys()).includes('001:3'))
  plugged.delete('001:3')
  assert.deepEqual(await keys(), [])
})

test('where a process cannot be confined, what is known stays in the list', async (t) => {
  const { plugged, keys, warnings } = setUp(t, { isConfined: false })
  plugged.set('001:2', 'at once')
  await keys()
  plugged.set('001:3', 'never')
  await until('it is given up', async () => {
    assert.deepEqual(await keys(), ['001:2'])
    return warnings.length > 0
  })
})

test('where the system does not say what is plugged in, all is read each time', async (t) => {
  const { plugged, reads, keys } = setUp(t, { ports: () => undefined })
  plugged.set('001:2', 'at once')
  assert.deepEqual(await keys(), ['001:2'])
  await keys()
  assert.deepEqual(reads, [['001:2'], ['001:2']])
})

test('a machine without the library has an error, and closing ends what lists', async (t) => {
  const failing = setUp(t, {
    start: () => ({
      sees: () => true,
      end: async () => undefined,
      call: async () => {
        throw new UsbError('NotSupportedError', 'There is no USB library for this machine')
      },
    }),
  })
  failing.plugged.set('001:2', 'at once')
  await assert.rejects(failing.lister.list(), { code: 'NotSupportedError' })
  const { plugged, keys, lister, running } = setUp(t)
  plugged.set('001:2', 'at once')
  await keys()
  await lister.close()
  assert.equal(running.size, 0)
})

test('a list has a size: descriptors are left out of what comes after', async (t) => {
  const { plugged, lister } = setUp(t)
  for (let address = 1; address < 100; address++) plugged.set(`001:${address}`, 'with many interfaces')
  const list = await lister.list()
  assert.equal(list.length, 99)
  assert.ok(JSON.stringify(list).length < 2 * 1024 * 1024)
  assert.ok((list[0]?.configurations.length ?? 0) > 0)
  assert.deepEqual(list.at(-1)?.configurations, [])
})
