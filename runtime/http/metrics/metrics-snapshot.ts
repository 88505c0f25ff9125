// The current values that the metrics show, asked of the parts of the runtime that have them.

import type { PluginAdmin } from '../../lifecycle/plugin-admin.ts'
import type { Sandbox } from '../../sandbox/placement/sandbox.ts'
import type { Snapshot } from './metrics-series.ts'

interface Child {
  readonly pid: number | undefined
}

interface Children {
  readonly pids: readonly number[]
}

/** Whatever has processes of its own. */
export interface ProcessParts {
  readonly sandbox: Pick<Sandbox, 'processes'>
  readonly data: Children
  readonly files: Children
  readonly usb: Children
  readonly packages: Child
  readonly precompression: Child
  readonly sourceMaps: Child
  readonly templateEngine: Child
}

export interface SnapshotParts extends ProcessParts {
  readonly sandbox: Pick<Sandbox, 'processes' | 'kills' | 'queueMemory'>
  readonly plugins: Pick<PluginAdmin, 'uploads' | 'usage'>
}

export async function snapshotOf(parts: SnapshotParts): Promise<Omit<Snapshot, 'version' | 'http'>> {
  const { sandbox, plugins, data, files, usb, packages, precompression, sourceMaps, templateEngine } = parts
  return {
    children: {
      sandbox: sandbox.processes.length,
      data: data.pids.length,
      files: files.pids.length,
      usb: usb.pids.length,
      package: countOf(packages),
      compression: countOf(precompression),
      'source-map': countOf(sourceMaps),
      template: countOf(templateEngine),
    },
    kills: sandbox.kills,
    uploads: plugins.uploads,
    waitingBytes: sandbox.queueMemory.used,
    plugins: await plugins.usage(),
  }
}

function countOf({ pid }: Child): number {
  return pid === undefined ? 0 : 1
}
