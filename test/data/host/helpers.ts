// A plugin through which a test takes and restores snapshots of the host's data, and the tar of the system to look into them.

import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { SnapshotSection } from '../../../sdk/protocol/host-data.ts'
import { backendOf, type Client, install, WAYS } from '../../support/runtime.ts'
import type { Scope } from '../../support/scope.ts'

export const BACKUP_PLUGIN = {
  id: 'backup',
  backend: backendOf(`
    const sources = url.searchParams.get('sources')?.split(',')
    const form = url.searchParams.get('form') ?? undefined
    const args = { ...(sources && { sources }), ...(form && { form }) }
    try {
      if (url.pathname === '/list') return Response.json(await env.host.call('data.list', {}))
      if (url.pathname === '/sizes') return Response.json(await env.host.call('data.list', { sizes: true }))
      if (url.pathname === '/snapshot') return new Response(await env.host.call('data.snapshot', args, request.body ?? undefined))
      return Response.json(await env.host.call('data.restore', args, request.body))
    } catch (error) {
      return Response.json({ code: error.code, message: error.message }, { status: 409 })
    }`),
  manifest: {
    permissions: { host: ['data.list', 'data.snapshot', 'data.restore'] },
    access: 'public',
    limits: { cpuMs: 10_000, deadlineMs: 60_000 },
  },
}

export async function backupClient(t: Scope, runtime: Runtime): Promise<Client> {
  await install(runtime, BACKUP_PLUGIN)
  const [server] = WAYS
  if (server === undefined) throw new Error('There is no way in')
  const client = await server.open(t, runtime)
  return { ...client, fetch: (path, init) => client.fetch(`/plugins/backup/api${path}`, init) }
}

/** The snapshot as a file. */
export async function takeSnapshot(client: Client, file: string, sources?: string): Promise<void> {
  const response = await client.fetch(`/snapshot${sources === undefined ? '' : `?sources=${sources}`}`)
  if (response.status !== 200) throw new Error(await response.text())
  await writeFile(file, new Uint8Array(await response.arrayBuffer()))
}

/** Unpacks with the system's tar. @returns the folder */
export async function unpack(file: string, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  run('tar', '-xf', file, '-C', folder)
  return folder
}

/** @returns what it has printed */
export function run(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64_000_000 })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
  return stdout
}

/** A folder of files of all kinds of names and sizes. */
export async function makeTree(folder: string): Promise<void> {
  await mkdir(join(folder, 'a', 'empty'), { recursive: true })
  await mkdir(join(folder, 'b', 'ü ñ', 'x'.repeat(120), 'y'.repeat(120)), { recursive: true })
  const files: readonly (readonly [string, string | Uint8Array])[] = [
    ['one.txt', 'one'],
    ['nothing', ''],
    ['a/block', 'x'.repeat(512)],
    ['a/large', new Uint8Array(1_500_001).map((_, n) => (n * 7919) >> 5)],
    [`b/ü ñ/${'x'.repeat(120)}/${'y'.repeat(120)}/日本語 ${'z'.repeat(80)}.txt`, 'long'],
    [`b/${'n'.repeat(200)}`, 'a long name'],
    ...Array.from({ length: 700 }, (_, n) => [`a/file-${n}`, `file ${n}`.repeat(n % 50)] as const),
  ]
  for (const [path, content] of files) await writeFile(join(folder, path), content)
}

export interface Section extends SnapshotSection {
  /** The bytes that follow it. */
  readonly content: Buffer
}

/** @param known digests, in hexadecimal digits */
export async function takeParts(
  client: Client,
  form: 'parts' | 'parts.zst',
  known: readonly string[] = [],
): Promise<readonly Section[]> {
  const body = Buffer.from(known.join(''), 'hex')
  const response = await client.fetch(`/snapshot?sources=media,catalog&form=${form}`, {
    method: 'POST',
    body,
  })
  if (response.status !== 200) throw new Error(await response.text())
  const sections: Section[] = []
  let rest = Buffer.from(await response.arrayBuffer())
  while (rest.length > 0) {
    const end = rest.indexOf('\n') + 1
    const section = JSON.parse(rest.toString('utf8', 0, end)) as SnapshotSection
    sections.push({ ...section, content: rest.subarray(end, end + section.bytes) })
    rest = rest.subarray(end + section.bytes)
  }
  return sections
}
