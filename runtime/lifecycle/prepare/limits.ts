// The limits of a plugin: those that its manifest requests, within the operator's.

import type { Manifest } from '../../../sdk/manifest/manifest.ts'
import type { GuestLimits } from '../../config/config.ts'

export function effectiveLimits(manifest: Manifest, caps: GuestLimits): GuestLimits {
  const { memoryMb, cpuMs, deadlineMs } = manifest.limits ?? {}
  return {
    ...caps,
    memoryMb: Math.min(memoryMb ?? caps.memoryMb, caps.memoryMb),
    cpuMs: Math.min(cpuMs ?? caps.cpuMs, caps.cpuMs),
    deadlineMs: Math.min(deadlineMs ?? caps.deadlineMs, caps.deadlineMs),
  }
}
