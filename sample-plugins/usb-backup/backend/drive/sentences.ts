// What has gone wrong, as a sentence for people who know nothing of handles and streams.

import type { Env } from 'plugbay/sdk'
import { DamagedPack } from '../format/pack-reader.ts'
import { SealError } from '../format/seal.ts'
import { MissingObject } from './object-reader.ts'
import { DriveFailing } from './pack-sink.ts'

/** A failure that is explained, and that trying again would not mend. */
export class Failure extends Error {
  override readonly name = 'Failure'
}

export interface Circumstances {
  readonly env: Pick<Env, 'volumes'>
  /** The id of the drive. */
  readonly drive: string
  /** As a sentence begins: "The backup", "The restore". */
  readonly what: string
  /** What is true whatever has happened: "The backups before it are untouched." */
  readonly comfort: string
}

/** Undefined for what has no explanation here: then the error itself is for the log. */
export async function sentenceOf(error: unknown, circumstances: Circumstances): Promise<string | undefined> {
  const { env, drive, what, comfort } = circumstances
  const volume = (await env.volumes.list()).find(({ id }) => id === drive)
  // What does not answer is not listed either.
  if (isUnresponsive(error)) return `The drive does not answer. ${comfort}`
  if (volume === undefined) return `The drive was removed before ${lower(what)} was complete. ${comfort}`
  if (error instanceof Failure) return error.message
  if (error instanceof DriveFailing || error instanceof SealError) return `${error.message}. ${comfort}`
  if (error instanceof DamagedPack || error instanceof MissingObject)
    return `${error.message}: ${lower(what)} is not possible. Try another snapshot; "Verify" says which are whole.`
  if (isRefused(error)) return `${error.message}. ${comfort}`
  if (!(error instanceof DOMException)) return undefined
  const name = `"${volume.name}"`
  // A drive that has come back is another one for what was open on it.
  if (error.name === 'NotFoundError')
    return `The drive ${name} was removed, or files on it were, before ${lower(what)} was complete. ${comfort}`
  if (error.name === 'NotReadableError')
    return `The drive ${name} does not answer, or cannot read what is on it. ${comfort}`
  if (error.name === 'NotAllowedError')
    return `The drive ${name} cannot be written to: it is read-only. ${comfort}`
  if (error.name !== 'QuotaExceededError') return undefined
  return volume.freeBytes < ALMOST_FULL
    ? `The drive ${name} is full. ${comfort} Delete other files on it, or keep fewer snapshots.`
    : `${what} would be more than the server lets a plugin keep on a drive ("limits.volumeBytes"). ${comfort}`
}

/** A pack may be this large, and what is under way. */
const ALMOST_FULL = 100 * 1000 * 1000

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

function isUnresponsive(error: unknown): boolean {
  const cause = error instanceof DOMException ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && cause.code === 'FOLDER_UNRESPONSIVE'
}

/** By the server, with a reason for people: a version that is too new, say. */
function isRefused(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'STATE_CONFLICT'
}
