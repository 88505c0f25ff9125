// The extension points of every runtime, whichever application embeds it: what only the runtime itself can know.
// Invariant: a host cannot declare points of these names.

import type { DeclaredCall } from '../../sdk/host/calls.ts'
import { DATA_CALLS, type DataCallName } from '../../sdk/host/data-calls.ts'
import type { HostDeclaration } from '../../sdk/host/declaration.ts'
import { defineHost } from '../../sdk/host/define-host.ts'
import type { PointKind } from '../../sdk/host/point-kinds.ts'

const TEXT = { type: 'string' } as const
const TEXT_OR_NULL = { type: ['string', 'null'] } as const
const NUMBER = { type: 'integer', minimum: 0 } as const

const PLUGIN = {
  type: 'object',
  properties: { id: TEXT },
  required: ['id'],
  additionalProperties: false,
} as const

const RELEASE = {
  type: 'object',
  properties: { id: TEXT, version: TEXT },
  required: ['id', 'version'],
  additionalProperties: false,
} as const

const DEVICE = {
  type: 'object',
  properties: {
    vendorId: NUMBER,
    productId: NUMBER,
    deviceClass: NUMBER,
    manufacturerName: TEXT_OR_NULL,
    productName: TEXT_OR_NULL,
    serialNumber: TEXT_OR_NULL,
  },
  required: ['vendorId', 'productId', 'deviceClass', 'manufacturerName', 'productName', 'serialNumber'],
  additionalProperties: false,
} as const

const VOLUME = {
  type: 'object',
  properties: { id: TEXT, name: TEXT, filesystem: TEXT },
  required: ['id', 'name', 'filesystem'],
  additionalProperties: false,
} as const

export type RuntimeCalls = Readonly<Record<DataCallName, DeclaredCall['run']>>

/** The functions of a runtime. @param runs what they do */
export function runtimeCalls(runs: RuntimeCalls): Readonly<Record<DataCallName, DeclaredCall>> {
  return {
    'data.list': { ...DATA_CALLS['data.list'], run: runs['data.list'] },
    'data.snapshot': { ...DATA_CALLS['data.snapshot'], run: runs['data.snapshot'] },
    'data.restore': { ...DATA_CALLS['data.restore'], run: runs['data.restore'] },
  }
}

function withoutRuntime(): never {
  throw new Error('There is no runtime that could carry it out')
}

/** Has the form of a host, so that its points are declared and typed like those of any application. */
export const RUNTIME_POINTS = defineHost({
  id: 'plugbay',
  version: '1.0.0',
  contexts: {
    general: { title: 'General', description: 'Actions without an object', data: { type: 'null' } },
  },
  calls: runtimeCalls({
    'data.list': withoutRuntime,
    'data.snapshot': withoutRuntime,
    'data.restore': withoutRuntime,
  }),
  events: {
    'plugin.enabled': { description: 'A plugin serves that did not', data: RELEASE },
    'plugin.disabled': { description: 'A plugin that served was disabled', data: PLUGIN },
    'plugin.updated': {
      description: 'Another release of a plugin serves',
      data: {
        ...RELEASE,
        properties: { ...RELEASE.properties, before: TEXT },
        required: ['id', 'version', 'before'],
      },
    },
    'plugin.removed': { description: 'A plugin was uninstalled', data: PLUGIN },
    'device.connected': { description: 'A USB device was plugged in', data: DEVICE },
    'device.disconnected': { description: 'A USB device was unplugged', data: DEVICE },
    // What is done then, such as a backup, is not done again before the drive is plugged in the next time.
    'volume.mounted': { description: 'A removable drive can be used', data: VOLUME, durable: true },
    'volume.unmounted': { description: 'A removable drive has gone', data: VOLUME, durable: true },
  },
})

export function isRuntimePoint(kind: PointKind, name: string): boolean {
  const declared: HostDeclaration = RUNTIME_POINTS
  return Object.hasOwn(declared[kind] ?? {}, name)
}
