// Granted folders over a temporary root, without a runtime.

import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Files, type FilesOptions, type GrantedFolder, openFiles } from '../../runtime/files/files.ts'
import type { Folder } from '../../runtime/files/folder.ts'
import { createLog } from '../../runtime/log.ts'
import { NO_JAIL } from '../../runtime/processes/jail/jail.ts'
import { JAIL } from '../support/jail.ts'
import { temporaryFolder } from '../support/runtime.ts'
import type { Scope } from '../support/scope.ts'

export interface Place {
  readonly files: Files
  /** The root; what the folders below are granted of is `granted` in it. */
  readonly root: string
  readonly granted: string
  folder(options?: Partial<GrantedFolder>): Folder
  /** Milliseconds that each plugin was charged. */
  readonly charged: Map<string, number>
}

export async function openPlace(
  t: Scope,
  options: Partial<Omit<FilesOptions, 'jail'>> & { readonly isJailed?: boolean } = {},
): Promise<Place> {
  const { isJailed = false, ...others } = options
  const root = await temporaryFolder(t)
  const granted = join(root, 'granted')
  await mkdir(granted)
  await chmod(root, 0o755)
  const charged = new Map<string, number>()
  const files = openFiles({
    jail: isJailed ? JAIL : NO_JAIL,
    log: createLog('silent'),
    charge: (pluginId, ms) => void charged.set(pluginId, (charged.get(pluginId) ?? 0) + ms),
    ...others,
  })
  t.after(() => files.close())
  return {
    files,
    root,
    granted,
    charged,
    folder: (wanted) =>
      files.grant({ pluginId: 'tester', root, base: ['granted'], mode: 'readwrite', ...wanted }),
  }
}

/** Writes a whole file. */
export async function put(
  folder: Folder,
  path: readonly string[],
  content: string | Uint8Array,
): Promise<void> {
  await folder.create(path, 'file')
  const writer = await folder.openWriter(path, { keep: false, isExclusive: false })
  await writer.write(0, Buffer.from(content))
  await writer.commit()
}

/** Reads a whole small file. */
export async function take(folder: Folder, path: readonly string[]): Promise<string> {
  const { size, version } = await folder.facts(path)
  const bytes = await folder.read(path, { version, start: 0, length: size })
  return Buffer.from(bytes).toString()
}

export async function names(folder: Folder, path: readonly string[] = []): Promise<string[]> {
  const list = await folder.list(path)
  const found: string[] = []
  for (let isLast = false; !isLast; ) {
    const page = await list.next()
    found.push(...page.entries.map(({ name, kind }) => (kind === 'file' ? name : `${name}/`)))
    isLast = page.isLast
  }
  return found.toSorted()
}

/** The code of the error that it rejects with. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  return await work.then(
    (value) => `done: ${JSON.stringify(value)}`,
    (error: Error & { readonly code?: string }) => error.code ?? String(error.stack),
  )
}
