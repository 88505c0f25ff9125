// Media folders by their addresses, and what is done with the files in them. There are no paths here: `ctx.folders` has handles.

import type { Context, FileSystemDirectoryHandle, FileSystemFileHandle } from 'plugbay/sdk'

/** @param address "primary/music": the name of a folder of the action, and the folders in it */
export async function folderAt(
  ctx: Pick<Context, 'folders'>,
  address: string,
  options: { readonly create?: boolean } = {},
): Promise<FileSystemDirectoryHandle> {
  const [root = '', ...path] = address.split('/')
  let folder = ctx.folders[root]
  if (folder === undefined) throw new Error(`There is no media folder "${root}"`)
  for (const name of path) folder = await folder.getDirectoryHandle(name, options)
  return folder
}

/** The files of a folder, without those of the folders in it, in order of names: a retry meets them in the same order. */
export async function filesIn(folder: FileSystemDirectoryHandle): Promise<readonly FileSystemFileHandle[]> {
  const files: FileSystemFileHandle[] = []
  for await (const entry of folder.values()) if (entry.kind === 'file') files.push(entry)
  return files.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Undefined where there is none of the name. */
export async function fileIn(
  folder: FileSystemDirectoryHandle,
  name: string,
): Promise<FileSystemFileHandle | undefined> {
  try {
    return await folder.getFileHandle(name)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotFoundError') return undefined
    throw error
  }
}

interface Copying {
  readonly signal: AbortSignal
  /** @param fraction 0 to 1, of this file */
  readonly progress: (fraction: number) => void
}

/** Whole or not at all: the copy has its name when everything is written. Any size, a chunk at a time. */
export async function copyFile(
  source: FileSystemFileHandle,
  target: FileSystemFileHandle,
  { signal, progress }: Copying,
): Promise<number> {
  const file = await source.getFile()
  let written = 0
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      written += chunk.byteLength
      progress(written / file.size)
      controller.enqueue(chunk)
    },
  })
  await file
    .stream()
    .pipeThrough(counted)
    .pipeTo(await target.createWritable(), { signal })
  return written
}
