// The data of the server, as its functions give and take it.

import type { Env } from 'plugbay/sdk'
import type { SourceHead } from './format/manifest.ts'
import type { SealHead } from './format/seal.ts'

type HostEnv = Pick<Env, 'host'>

export interface Restored {
  readonly restored: readonly string[]
  /** What is put in place when the server starts next. */
  readonly atNextStart: readonly string[]
}

export async function listData(env: HostEnv): Promise<readonly SourceHead[]> {
  return (await env.host.call('data.list', {})) as readonly SourceHead[]
}

/** About how much there is of these sources; all of them if none is named. */
export async function sizeOf(env: HostEnv, sources: readonly string[]): Promise<number> {
  const all = (await env.host.call('data.list', { sizes: true })) as readonly SourceHead[]
  const chosen = sources.length === 0 ? all : all.filter(({ name }) => sources.includes(name))
  return chosen.reduce((sum, { bytes = 0 }) => sum + bytes, 0)
}

/** In packs (format/sections.ts). @param known the digests of those that are left out, 32 bytes each */
export async function snapshotOf(
  env: HostEnv,
  sources: readonly string[],
  known: Uint8Array<ArrayBuffer>,
): Promise<ReadableStream<Uint8Array>> {
  const args = { form: 'packs', ...(sources.length > 0 && { sources }) }
  return (await env.host.call('data.snapshot', args, known)) as ReadableStream<Uint8Array>
}

/** The pack that such a snapshot fills, as a file. @param name as the first section says */
export async function packOf(
  env: HostEnv,
  name: string,
  seal: SealHead | undefined,
): Promise<ReadableStream<Uint8Array>> {
  const args = { pack: name, ...(seal !== undefined && { key: seal.key.toBase64() }) }
  return (await env.host.call('data.snapshot', args, seal?.head)) as ReadableStream<Uint8Array>
}

/** @param tar of a snapshot, with these sources */
export async function restoreData(
  env: HostEnv,
  sources: readonly string[],
  tar: ReadableStream<Uint8Array>,
): Promise<Restored> {
  return (await env.host.call('data.restore', { sources }, tar)) as Restored
}

/** The major version of what a source belongs to: data of a newer one is not understood. */
export function isNewerMajor(there: string | undefined, here: string | undefined): boolean {
  const [from, to] = [major(there), major(here)]
  return from !== undefined && to !== undefined && from > to
}

function major(version: string | undefined): number | undefined {
  const digits = /^(\d+)\./.exec(version ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}
