// Builds the load call of a release: the limits and grants that its isolate needs.

import type { LoadCall } from '../../../sdk/protocol/sandbox-control.ts'
import type { BackendCode, CatalogBytes, InstanceSpec } from '../types.ts'
import { poolThreads } from './pool-threads.ts'

/** Share of a plugin's memory that unread WebSocket messages may take. */
const SOCKET_SHARE = 4

export interface SlotPlace {
  readonly slot: number
  readonly shared: boolean
  readonly code: BackendCode
  readonly catalogs: readonly CatalogBytes[]
  /** In tests of plugins: how far its clock is ahead. */
  readonly clockAheadMs: number | undefined
}

export function loadCall(
  spec: InstanceSpec,
  { slot, shared, code, catalogs, clockAheadMs }: SlotPlace,
): LoadCall {
  const { limits, messages } = spec
  return {
    m: 'load',
    slot,
    memoryMb: limits.memoryMb,
    runMs: limits.cpuMs,
    logLinesPerSecond: limits.logLinesPerSecond,
    shared,
    poolThreads: poolThreads(shared).each,
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
      ...(messages !== undefined && {
        languages: { default: messages.default, chains: messages.chains, marks: messages.marks },
      }),
      sqliteVersion: process.versions.sqlite ?? '',
      ...(spec.recorder !== undefined && { recorded: true }),
      ...(clockAheadMs !== undefined && { ownClock: true }),
    },
    sourceBytes: code.source.length,
    cacheBytes: code.cache?.length ?? 0,
    ...(spec.inspect !== undefined && { inspect: true }),
    ...(clockAheadMs !== undefined && { clockAheadMs }),
    catalogs: catalogs.map(({ language, bytes }) => ({ language, bytes: bytes.byteLength })),
  }
}
