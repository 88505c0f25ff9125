// The limits of a plugin: those that its manifest requests, within the operator's.

import type { Manifest } from '../../../sdk/manifest/manifest.ts'
import type { GuestLimits, TasksConfig } from '../../config/config.ts'

export function effectiveLimits(manifest: Manifest, caps: GuestLimits): GuestLimits {
  const { memoryMb, cpuMs, deadlineMs } = manifest.limits ?? {}
  return {
    ...caps,
    memoryMb: Math.min(memoryMb ?? caps.memoryMb, caps.memoryMb),
    cpuMs: Math.min(cpuMs ?? caps.cpuMs, caps.cpuMs),
    deadlineMs: Math.min(deadlineMs ?? caps.deadlineMs, caps.deadlineMs),
  }
}

/** The limits of the instance that runs the tasks of a plugin: as those of its requests, with more time. */
export function taskLimits(limits: GuestLimits, tasks: TasksConfig): GuestLimits {
  return {
    ...limits,
    cpuMs: tasks.cpuMs,
    cpuPercent: tasks.cpuPercent,
    deadlineMs: tasks.maxDeadlineSeconds * 1000,
    maxRequestsInFlight: tasks.maxRunningPerPlugin,
  }
}

/** The longest time of a timer: three weeks. */
const EVER_MS = 2 ** 31 - 1

/** For isolates that a debugger may pause: memory alone has a limit. */
export function unhurried(limits: GuestLimits): GuestLimits {
  return { ...limits, cpuMs: EVER_MS, cpuPercent: EVER_MS, deadlineMs: EVER_MS }
}
