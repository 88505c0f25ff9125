// removeEntry() and remove().

import type { FileSystemHandle } from '../../../../../sdk/plugin-api/files.ts'
import { type Case, type Cases, equal, lists, newFile, newFolder, type Root, rejects } from '../kit.ts'

type Remove = (
  root: Root,
  handle: FileSystemHandle,
  options?: { readonly recursive?: boolean },
) => Promise<void>

const byName: Remove = (root, { name }, options) => root.removeEntry(name, options)
const byHandle: Remove = (_root, handle, options) => handle.remove(options)

/** Both remove alike. */
function alike(verb: string, remove: Remove): Cases {
  const cases: Record<string, Case> = {
    async 'to remove a file'(root) {
      const file = await newFile(root, 'a', '12345')
      await newFile(root, 'kept', 'abc')
      await remove(root, file)
      await lists(root, ['kept'])
      await rejects('NotFoundError', file.getFile())
    },
    async 'on an already removed file should fail'(root) {
      const file = await newFile(root, 'a', '12345')
      await remove(root, file)
      await rejects('NotFoundError', remove(root, file))
    },
    async 'to remove an empty directory'(root) {
      const folder = await newFolder(root, 'sub')
      await newFile(root, 'kept', 'abc')
      await remove(root, folder)
      await lists(root, ['kept'])
      await rejects('NotFoundError', folder.keys().next())
    },
    async 'on an already removed directory should fail'(root) {
      const folder = await newFolder(root, 'sub')
      await remove(root, folder)
      await rejects('NotFoundError', remove(root, folder))
    },
    async 'on a non-empty directory should fail'(root) {
      const folder = await newFolder(root, 'sub')
      await newFile(folder, 'a')
      await rejects('InvalidModificationError', remove(root, folder))
      await rejects('InvalidModificationError', remove(root, folder, { recursive: false }))
      await lists(root, ['sub/'])
      await lists(folder, ['a'])
    },
    async 'on a directory recursively should delete all sub-items'(root) {
      const folder = await newFolder(root, 'sub')
      await newFile(root, 'kept', 'abc')
      await newFile(folder, 'file0', 'x')
      await newFile(await newFolder(folder, 'dir1'), 'file1', 'x')
      await newFolder(folder, 'dir2')
      await remove(root, folder, { recursive: true })
      await lists(root, ['kept'])
    },
    async 'on a file should ignore the recursive option'(root) {
      await remove(root, await newFile(root, 'a', '12345'), { recursive: true })
      await lists(root, [])
    },
    async 'while the file has an open writable fails'(root) {
      const file = await newFile(root, 'a', '12345')
      await newFile(root, 'kept', 'abc')
      const stream = await file.createWritable()
      await rejects('NoModificationAllowedError', remove(root, file))
      await stream.close()
      await lists(root, ['a', 'kept'])
      await remove(root, file)
      await lists(root, ['kept'])
    },
    async 'of a directory while a containing file has an open writable fails'(root) {
      const folder = await newFolder(root, 'sub')
      const file = await newFile(folder, 'a', '12345')
      await newFile(folder, 'kept', 'abc')
      const stream = await file.createWritable()
      await rejects('NoModificationAllowedError', remove(root, folder, { recursive: true }))
      await stream.close()
      await lists(folder, ['a', 'kept'])
      await remove(root, file.kind === 'file' ? folder : file, { recursive: true })
      await lists(root, [])
    },
  }
  return Object.fromEntries(Object.entries(cases).map(([title, run]) => [`${verb} ${title}`, run]))
}

export const removing: Cases = {
  ...alike('removeEntry()', byName),
  ...alike('remove()', byHandle),
  async 'removeEntry() with names that are none should fail'(root) {
    const folder = await newFolder(root, 'sub')
    await newFile(folder, 'a')
    for (const name of ['', '.', '..', 'sub/a', 'sub\\a']) await rejects('TypeError', root.removeEntry(name))
    await lists(folder, ['a'])
  },
  async 'removing the same file from two sides succeeds once'(root) {
    const file = await newFile(root, 'a')
    const ends = await Promise.allSettled([root.removeEntry('a'), file.remove()])
    equal(ends.filter(({ status }) => status === 'fulfilled').length, 1)
  },
}
