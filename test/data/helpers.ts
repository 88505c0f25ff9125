// Plugins' data without plugins: the data processes over a temporary folder, and calls as a guest would make them.

import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import { type DataProcesses, openDataProcesses } from '../../runtime/data/data-processes.ts'
import type { ImportRules, StagedImport } from '../../runtime/data/snapshots/snapshots.ts'
import { createLog } from '../../runtime/log.ts'
import { joinParts, splitParts, type WireResult } from '../../sdk/protocol/sql-wire.ts'

export const QUOTA = 256_000_000

export interface TestData {
  readonly data: DataProcesses
  /** `<data>/plugin-data`. */
  readonly folder: string
}

/** Ends with the test. */
export async function openTestData(
  t: TestContext,
  options: {
    readonly folder?: string
    readonly cursorIdleMs?: number
    readonly charge?: (pluginId: string, ms: number) => void
  } = {},
): Promise<TestData> {
  const { folder, ...others } = options
  const place = folder ?? (await mkdtemp(join(tmpdir(), 'plugbay-data-')))
  const data = openDataProcesses({ ...others, folder: place, log: createLog('silent') })
  t.after(async () => {
    await data.close()
    await rm(place, { recursive: true, force: true })
  })
  return { data, folder: place }
}

/** Runs statements as one batch; the rows of each. */
export async function sql(
  data: DataProcesses,
  pluginId: string,
  ...statements: readonly (string | readonly [string, ...unknown[]])[]
): Promise<readonly unknown[]> {
  const list = statements.map((each) =>
    typeof each === 'string' ? { sql: each, values: [] } : { sql: each[0], values: each.slice(1) },
  )
  const body = joinParts(Buffer.from(JSON.stringify(list)), [])
  const answer = await data.call({ pluginId, method: 'db.query', args: '[]', quotaBytes: QUOTA }, body)
  const { text } = splitParts(answer.body ?? new Uint8Array())
  return (JSON.parse(Buffer.from(text).toString()) as readonly WireResult[]).map(({ rows }) => rows)
}

export async function put(
  data: DataProcesses,
  pluginId: string,
  key: string,
  { value, options = {} }: { readonly value: string | Uint8Array; readonly options?: object },
): Promise<string> {
  const call = {
    pluginId,
    method: 'kv.put',
    args: JSON.stringify([key, options]),
    quotaBytes: QUOTA,
  } as const
  return (JSON.parse((await data.call(call, Buffer.from(value))).text) as { version: string }).version
}

/** undefined for a key that is not there. */
export async function get(data: DataProcesses, pluginId: string, key: string): Promise<string | undefined> {
  const call = { pluginId, method: 'kv.get', args: JSON.stringify([key]), quotaBytes: QUOTA } as const
  const answer = await data.call(call, undefined)
  return (JSON.parse(answer.text) as { found: boolean }).found
    ? Buffer.from(answer.body ?? []).toString()
    : undefined
}

/** A whole snapshot in memory. */
export async function exported(data: DataProcesses, pluginId: string): Promise<Buffer> {
  const { bytes, chunks } = await data.snapshots.snapshot(pluginId, '1.0.0')
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  const whole = Buffer.concat(all)
  if (whole.length !== bytes) throw new Error(`The snapshot has ${whole.length} bytes and said ${bytes}`)
  return whole
}

export async function received(
  data: DataProcesses,
  pluginId: string,
  { bytes, rules = {} }: { readonly bytes: Uint8Array; readonly rules?: Partial<ImportRules> },
): Promise<StagedImport> {
  return await data.snapshots.stageImport(pluginId, inPieces(bytes), {
    kvBytes: QUOTA,
    databaseBytes: QUOTA,
    filesBytes: QUOTA,
    from: pluginId,
    ...rules,
  })
}

/** Receives and commits. */
export async function imported(
  data: DataProcesses,
  pluginId: string,
  snapshot: { readonly bytes: Uint8Array; readonly rules?: Partial<ImportRules> },
): Promise<void> {
  const found = await received(data, pluginId, snapshot)
  try {
    await found.commit()
  } finally {
    await found.close()
  }
}

export async function* inPieces(bytes: Uint8Array, size = 50_000): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

export interface SnapshotSource {
  readonly plugin?: string
  readonly kv?: Uint8Array
  readonly db?: Uint8Array
  /** More of the header, or other than what would be right. */
  readonly header?: Readonly<Record<string, unknown>>
}

/** A snapshot as docs/data.md describes it, with checksums that are right whatever is in it. */
export function snapshotOf({ plugin = 'a1', kv, db, header = {} }: SnapshotSource): Buffer {
  const files = [
    ...(kv === undefined ? [] : [{ name: 'kv.db', content: kv }]),
    ...(db === undefined ? [] : [{ name: 'db.sqlite', content: db }]),
  ]
  const parts = files.map(({ name, content }) => ({ name, bytes: content.length, sha256: sha256(content) }))
  const about = { format: 1, plugin, version: '1.0.0', createdAt: new Date().toISOString(), parts, ...header }
  const text = Buffer.from(JSON.stringify(about))
  const line = Buffer.from(`plugbay-data 1 ${text.length} ${sha256(text)}\n`)
  return Buffer.concat([line, text, ...files.map(({ content }) => content)])
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The bytes of a SQLite file that these statements make, with no wall around them. */
export async function sqliteFile(
  statements: string,
  change: (database: DatabaseSync) => void = () => {},
): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-file-'))
  try {
    const file = join(folder, 'made')
    const database = new DatabaseSync(file, { defensive: false })
    database.exec(statements)
    change(database)
    database.close()
    return await readFile(file)
  } finally {
    await rm(folder, { recursive: true })
  }
}
