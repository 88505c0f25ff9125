// Restores parts of a snapshot: all of it is received and checked first, then each part takes the place of the data.
// Invariant: until everything is checked nothing changes; a part is replaced as a whole or not at all.

import { mkdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { flushFolder } from '../../../plugin-store/flush.ts'
import type { TransferProcess } from '../snapshots/transfer-process.ts'
import type { AppliedPart, HostDataCall, Unpacked, UnpackPart } from './host-data-call.ts'
import type { Source } from './sources.ts'

export interface Restored {
  readonly restored: readonly string[]
  readonly atNextStart: readonly string[]
  /** Parts that were checked only. */
  readonly checked: readonly string[]
}

export interface RestoreParts {
  readonly sources: readonly Source[]
  readonly host: string
  readonly wanted: readonly string[] | undefined
  /** The plugin that restores: its own data cannot be replaced while it waits. */
  readonly caller: string | null
  /** Change nothing after the check. */
  readonly isCheck: boolean
  /** A folder for this restore alone. */
  readonly room: string
  /** Where what takes effect at the next start has to be. */
  readonly later: string
}

/** Rejects with SNAPSHOT_INVALID, STATE_CONFLICT, NOT_FOUND, STORE_FULL, HOST_CALL_FAILED, and as the imports of plugins do. */
export async function restore(
  process: TransferProcess<HostDataCall>,
  body: AsyncIterable<Uint8Array>,
  { sources, host, wanted, caller, isCheck, room, later }: RestoreParts,
): Promise<Restored> {
  const coming = join(room, 'later')
  await mkdir(join(coming, 'plugins'), { recursive: true, mode: 0o700 })
  const parts = sources.map((source) => partOf(source, { room, coming, caller }))
  const plan = { host, parts, wanted: wanted ?? null, later: coming }
  const unpacked = (await process.upload({ method: 'unpack', plan }, body)) as Unpacked
  if (isCheck) return { restored: [], atNextStart: [], checked: [...unpacked.now, ...unpacked.later] }
  for (const name of unpacked.now) {
    const [source, part] = [
      sources.find((each) => each.name === name),
      parts.find((each) => each.name === name),
    ]
    if (source !== undefined && part !== undefined) await replace(process, source, part)
  }
  if (unpacked.later.length > 0) {
    // One that an earlier restore has left is replaced by this one.
    await rm(later, { recursive: true, force: true })
    await rename(coming, later)
    await flushFolder(dirname(later))
  }
  return { restored: unpacked.now, atNextStart: unpacked.later, checked: [] }
}

async function replace(
  process: TransferProcess<HostDataCall>,
  { name, place }: Source,
  { to }: UnpackPart,
): Promise<void> {
  if (place.kind === 'plugin')
    return await place.own.importPlugin(place.id, process.download({ method: 'read', path: to }))
  if (place.kind === 'store') return
  const part: AppliedPart =
    place.kind === 'folder'
      ? { kind: 'folder', name, path: place.path, from: to, old: placesOf(place.path).old }
      : { kind: 'database', name, path: place.path, from: to }
  await process.call({ method: 'apply', part })
}

/** Beside a folder: what is to take its place, and where it is until that has happened. */
export function placesOf(folder: string): { readonly coming: string; readonly old: string } {
  const beside = (end: string) => join(dirname(folder), `.${basename(folder)}.plugbay-${end}`)
  return { coming: beside('new'), old: beside('old') }
}

function partOf(
  { name, kind, version, place }: Source,
  {
    room,
    coming,
    caller,
  }: { readonly room: string; readonly coming: string; readonly caller: string | null },
): UnpackPart {
  const part = { name, kind, version }
  switch (place.kind) {
    case 'folder':
      return { ...part, to: placesOf(place.path).coming, isLater: false }
    case 'database':
      return { ...part, to: join(room, `${name}.sqlite`), isLater: false }
    case 'store':
      return { ...part, to: join(coming, 'store'), isLater: true }
    case 'plugin': {
      const file = `${place.id}.plugbay`
      const isLater = place.id === caller
      return { ...part, to: isLater ? join(coming, 'plugins', file) : join(room, file), isLater }
    }
  }
}
