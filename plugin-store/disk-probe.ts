// Whether the data folder takes writes now: a small file is written, flushed and removed, as every change of the store would be.
// Invariant: one probe at a time, however many clients ask; an outcome is a few seconds old at most.

import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ErrorCode } from '../sdk/protocol/error-codes.ts'
import { codeOf, diskErrorCode } from './store-error.ts'

/** STORE_FULL, STORE_READ_ONLY, or INTERNAL for any other failure; null when all is well. */
export type DiskState = ErrorCode | null

export interface DiskProbeOptions {
  /** How long an outcome counts, in milliseconds; default 5,000. */
  readonly keptMs?: number
  /** A disk that takes longer does not take writes; default 3,000. */
  readonly deadlineMs?: number
}

/** More than a transaction of the store needs. */
const PROBE = new Uint8Array(256 * 1024)

/** @param folder emptied at a start, so that a probe that was cut off leaves nothing */
export function createDiskProbe(folder: string, options: DiskProbeOptions = {}): () => Promise<DiskState> {
  const { keptMs = 5000, deadlineMs = 3000 } = options
  let running: Promise<DiskState> | undefined
  let last: DiskState = null
  let lastAt = Number.NEGATIVE_INFINITY
  const probe = async (): Promise<DiskState> => {
    last = await tryWrite(join(folder, `probe-${process.pid}`))
    lastAt = performance.now()
    running = undefined
    return last
  }
  return async () => {
    if (performance.now() - lastAt < keptMs) return last
    running ??= probe()
    return await within(deadlineMs, running)
  }
}

async function tryWrite(path: string): Promise<DiskState> {
  try {
    const file = await open(path, 'w')
    try {
      await file.writeFile(PROBE)
      await file.datasync()
    } finally {
      await file.close()
      await rm(path, { force: true })
    }
    return null
  } catch (error) {
    return diskErrorCode(codeOf(error)) ?? 'INTERNAL'
  }
}

async function within(ms: number, probe: Promise<DiskState>): Promise<DiskState> {
  const { promise, resolve } = Promise.withResolvers<DiskState>()
  const timer = setTimeout(() => resolve('INTERNAL'), ms)
  try {
    return await Promise.race([probe, promise])
  } finally {
    clearTimeout(timer)
  }
}
