// Builds the load call of a release: the limits and grants that its isolate needs.

import type { LoadCall } from '../../../sdk/protocol/sandbox-control.ts'
import type { InstanceSpec } from '../types.ts'

/** Share of a plugin's memory that unread WebSocket messages may take. */
const SOCKET_SHARE = 4

export interface SlotPlace {
  readonly slot: number
  readonly shared: boolean
  readonly sourceBytes: number
}

export function loadCall(spec: InstanceSpec, { slot, shared, sourceBytes }: SlotPlace): LoadCall {
  const { limits } = spec
  return {
    m: 'load',
    slot,
    memoryMb: limits.memoryMb,
    runMs: limits.cpuMs,
    logLinesPerSecond: limits.logLinesPerSecond,
    shared,
    config: {
      pluginId: spec.pluginId,
      version: spec.version,
      grants: spec.grants,
      settings: spec.settings,
      secrets: spec.secrets,
      maxHostCalls: limits.maxHostCalls,
      maxTimers: limits.maxTimers,
      maxSocketMessageBytes: limits.maxSocketMessageBytes,
      socketBufferBytes: (limits.memoryMb * 1024 * 1024) / SOCKET_SHARE,
      sqliteVersion: process.versions.sqlite ?? '',
    },
    sourceBytes,
  }
}
