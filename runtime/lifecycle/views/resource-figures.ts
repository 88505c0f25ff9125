// Resource usage of a plugin, for the admin API and for metrics: its meter, its sockets, and the size of its data.

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Resources, TaskResources } from '../../../sdk/api/resources.ts'
import type { LivePlugin } from '../../contributions/live-plugin.ts'
import type { UsageMeter } from '../../sandbox/usage/usage-meter.ts'
import type { LifecycleServices } from '../services.ts'

export interface Measured {
  readonly id: string
  readonly meter: UsageMeter
  readonly live: LivePlugin | undefined
}

export async function resourceFigures(
  { id, meter, live }: Measured,
  { data, meters, store }: Pick<LifecycleServices, 'data' | 'meters' | 'store'>,
): Promise<Resources> {
  return {
    ...meter.figures,
    sockets: live?.kind === 'serving' ? (live.runner?.sockets ?? 0) : 0,
    storageBytes: await sizeOf(join(store.paths.pluginData, id)),
    filesBytes: await data.buckets.usedBytes(id),
    tasks: taskFigures(meters.tasksOf(id)),
  }
}

function taskFigures({ figures }: UsageMeter): TaskResources {
  const { requestsInFlight, requests, errors, restarts, ...rest } = figures
  const { memoryMb, peakMemoryMb, cpuMs, cpuPercent, hostCalls } = rest
  return {
    ...{ running: requestsInFlight, runs: requests, failures: errors, restarts },
    ...{ memoryMb, peakMemoryMb, cpuMs, cpuPercent, hostCalls },
  }
}

/** Total size of the files in a folder; 0 without a folder. Files may appear and disappear meanwhile. */
async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder).catch(ifMissing([]))
  const sizes = await Promise.all(
    names.map(async (name) => {
      const found = await stat(join(folder, name)).catch(ifMissing(undefined))
      return found?.isFile() === true ? found.size : 0
    }),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

function ifMissing<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return value
    throw error
  }
}
