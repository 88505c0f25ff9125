// isSameEntry() and resolve(). Handles cannot be sent by postMessage(): there is none in a backend.

import type { FileSystemHandle } from '../../../../../sdk/plugin-api/files.ts'
import { type Cases, equal, newFile, newFolder, type Root } from '../kit.ts'

/** Whichever is asked. */
async function areSame(one: FileSystemHandle, other: FileSystemHandle, expected: boolean): Promise<void> {
  equal([await one.isSameEntry(other), await other.isSameEntry(one)], [expected, expected])
}

async function replaced(
  root: Root,
  first: typeof newFile | typeof newFolder,
  second: typeof first,
): Promise<[FileSystemHandle, FileSystemHandle]> {
  const one = await first(root, 'foo')
  await root.removeEntry('foo')
  return [one, await second(root, 'foo')]
}

export const same: Cases = {
  async 'isSameEntry for identical directory handles returns true'(root) {
    await areSame(root, root, true)
    const folder = await newFolder(root, 'sub')
    await areSame(folder, folder, true)
  },
  async 'isSameEntry for different directories returns false'(root) {
    await areSame(root, await newFolder(root, 'sub'), false)
  },
  async 'isSameEntry for different handles for the same directory'(root) {
    await areSame(await newFolder(root, 'sub'), await root.getDirectoryHandle('sub'), true)
  },
  async 'isSameEntry for identical file handles returns true'(root) {
    const file = await newFile(root, 'a')
    await areSame(file, file, true)
  },
  async 'isSameEntry for different files returns false'(root) {
    await areSame(await newFile(root, 'a'), await newFile(root, 'b'), false)
  },
  async 'isSameEntry for different handles for the same file'(root) {
    await areSame(await newFile(root, 'a'), await root.getFileHandle('a'), true)
  },
  async 'isSameEntry comparing a file to a file in a different directory returns false'(root) {
    await areSame(await newFile(root, 'a'), await newFile(await newFolder(root, 'sub'), 'a'), false)
  },
  async 'isSameEntry comparing a file to a directory returns false'(root) {
    await areSame(await newFile(root, 'a'), await newFolder(root, 'sub'), false)
  },
  async 'isSameEntry comparing two files pointing to the same path returns true'(root) {
    await areSame(...(await replaced(root, newFile, newFile)), true)
  },
  async 'isSameEntry comparing two directories pointing to the same path returns true'(root) {
    await areSame(...(await replaced(root, newFolder, newFolder)), true)
  },
  async 'isSameEntry comparing a file to a directory of the same path returns false'(root) {
    await areSame(...(await replaced(root, newFolder, newFile)), false)
  },

  async 'Resolve returns empty array for same directory'(root) {
    equal(await root.resolve(root), [])
  },
  async 'Resolve returns correct path'(root) {
    const folder = await newFolder(root, 'sub')
    const file = await newFile(folder, 'a')
    equal(await root.resolve(file), ['sub', 'a'])
    equal(await folder.resolve(file), ['a'])
    equal(await root.resolve(folder), ['sub'])
  },
  async 'Resolve returns correct path with non-ascii characters'(root) {
    const folder = await newFolder(root, 'subdir-name-🙊')
    const file = await newFile(folder, 'mtime-🙊.txt')
    equal(await root.resolve(file), ['subdir-name-🙊', 'mtime-🙊.txt'])
    equal(await folder.resolve(file), ['mtime-🙊.txt'])
  },
  async 'Resolve returns null when entry is not a child'(root) {
    const [one, other] = [await newFolder(root, 'one'), await newFolder(root, 'other')]
    equal(await one.resolve(await newFile(other, 'a')), null)
    equal(await one.resolve(root), null)
  },
}
