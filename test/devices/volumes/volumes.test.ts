// Drives that come and go, as those see it who work on them: real folders and processes at the places of made-up drives.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Drive } from '../../../runtime/devices/volumes/drives.ts'
import { createVolumes, type Volumes } from '../../../runtime/devices/volumes/volumes.ts'
import { temporaryFolder } from '../../support/runtime.ts'
import type { Scope } from '../../support/scope.ts'

interface Bench {
  readonly volumes: Volumes
  readonly path: string
  drives: readonly Drive[]
  hint(): void
  readonly released: string[]
  watchers: number
}

async function bench(t: Scope): Promise<Bench> {
  const path = await temporaryFolder(t)
  const facts = { isWritable: true, freeBytes: 1, totalBytes: 2, type: 0 }
  const made: Omit<Bench, 'volumes'> & { volumes?: Volumes } = {
    ...{ path, drives: [], released: [], watchers: 0 },
    hint: () => undefined,
  }
  const volumes = createVolumes({
    ...{ roots: [], dataFolder: 'plugbay', drives: true },
    files: { drive: async () => facts, release: (root) => void made.released.push(root) },
    readDrives: () => made.drives,
    watch(onHint) {
      made.hint = onHint
      made.watchers++
      return () => void made.watchers--
    },
  })
  t.after(async () => volumes.close())
  return Object.assign(made, { volumes })
}

const STICK = { ...{ id: 'a1', name: 'STICK', device: '8:17', filesystem: 'vfat' }, metadata: { bus: 'usb' } }

test('a drive is listed with what the system knows, and not with its number of a mount', async (t) => {
  const b = await bench(t)
  b.drives = [{ ...STICK, path: b.path, mount: 7 }]
  assert.deepEqual(await b.volumes.list(), [
    {
      ...{
        id: 'a1',
        name: 'STICK',
        path: b.path,
        dataFolder: 'plugbay',
        kind: 'removable',
        filesystem: 'vfat',
      },
      ...{ metadata: { bus: 'usb' }, writable: true, freeBytes: 1, totalBytes: 2, problem: null },
    },
  ])
})

test('listeners are told of what comes and goes; nothing is watched before somebody listens or works on a drive', async (t) => {
  const b = await bench(t)
  const told: string[] = []
  assert.equal(b.watchers, 0)
  const end = b.volumes.subscribe(({ kind, drive }) => told.push(`${kind} ${drive.id}`))
  assert.equal(b.watchers, 1)
  b.drives = [{ ...STICK, path: b.path, mount: 7 }]
  b.hint()
  b.hint()
  b.drives = []
  b.hint()
  end()
  b.drives = [{ ...STICK, path: b.path, mount: 9 }]
  b.hint()
  assert.deepEqual(told, ['mounted a1', 'unmounted a1'])
  b.volumes.close()
  assert.equal(b.watchers, 0)
})

test('what was opened on a drive does not reach the next one at its place', async (t) => {
  const b = await bench(t)
  b.drives = [{ ...STICK, path: b.path, mount: 7 }]
  const place = b.volumes.find('a1')
  assert.ok(place !== undefined && b.volumes.isThere(place))
  b.drives = [{ ...STICK, id: 'b2', path: b.path, mount: 8 }]
  assert.equal(b.volumes.isThere(place), false)
  assert.deepEqual(b.released, [b.path], 'its process is ended before anything is found at that place')
  assert.equal(b.volumes.find('a1'), undefined)
  b.drives = [{ ...STICK, path: b.path, mount: 9 }]
  assert.equal(b.volumes.isThere(place), false, 'the same drive, mounted again, is opened again')
  const again = b.volumes.find('a1')
  assert.ok(again !== undefined && b.volumes.isThere(again))
})
