// What cases of the File System standard share. Runs in a plugin: cases and kit are its backend.

import type { FileSystemDirectoryHandle, FileSystemFileHandle } from '../../../../sdk/plugin-api/files.ts'

export type Root = FileSystemDirectoryHandle
/** Each gets a folder of its own. It fails by throwing. */
export type Case = (root: Root) => Promise<void>
/** By the titles that web-platform-tests has for them. */
export type Cases = Readonly<Record<string, Case>>

export function equal(actual: unknown, expected: unknown, what = 'value'): void {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (one !== other) throw new Error(`${what}: ${one} instead of ${other}`)
}

/** Rejects, with an exception of this name. */
export async function rejects(name: string, work: Promise<unknown>): Promise<void> {
  const found = await work.then(
    () => 'no exception',
    (error: unknown) => (error instanceof Error ? error.name : String(error)),
  )
  equal(found, name, 'exception')
}

export async function newFile(root: Root, name: string, content = ''): Promise<FileSystemFileHandle> {
  const file = await root.getFileHandle(name, { create: true })
  if (content !== '') await fill(file, content)
  return file
}

export async function fill(file: FileSystemFileHandle, content: string): Promise<void> {
  const stream = await file.createWritable()
  await stream.write(content)
  await stream.close()
}

export function newFolder(root: Root, name: string): Promise<FileSystemDirectoryHandle> {
  return root.getDirectoryHandle(name, { create: true })
}

/** Content and size agree. */
export async function holds(file: FileSystemFileHandle, content: string): Promise<void> {
  const found = await file.getFile()
  equal(await found.text(), content, 'content')
  equal(found.size, new TextEncoder().encode(content).byteLength, 'size')
}

/** Entries in order; those of folders end in a slash. */
export async function entries(folder: Root): Promise<string[]> {
  const found: string[] = []
  for await (const { kind, name } of folder.values()) found.push(kind === 'directory' ? `${name}/` : name)
  return found.sort()
}

export async function lists(folder: Root, expected: readonly string[]): Promise<void> {
  equal(await entries(folder), expected, 'entries')
}
