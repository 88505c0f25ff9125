// getFileHandle() and getDirectoryHandle(). A folder has a rule for both: what one does for files, the other does for folders.

import { type Cases, equal, holds, lists, newFile, newFolder, rejects } from '../kit.ts'

export const getting: Cases = {
  async 'getFileHandle(create=false) rejects for non-existing files'(root) {
    await rejects('NotFoundError', root.getFileHandle('a'))
    await lists(root, [])
  },
  async 'getFileHandle(create=true) creates an empty file for non-existing files'(root) {
    const file = await root.getFileHandle('a', { create: true })
    equal([file.kind, file.name], ['file', 'a'])
    await holds(file, '')
    await lists(root, ['a'])
  },
  async 'getFileHandle(create=true) creates an empty file with all valid ASCII characters in the name'(root) {
    let name = ''
    for (let code = 0x20; code < 0x7f; code++)
      if (!`"*/:<>?\\|`.includes(String.fromCharCode(code))) name += String.fromCharCode(code)
    await holds(await root.getFileHandle(name, { create: true }), '')
    await lists(root, [name])
  },
  async 'getFileHandle(create=true) creates an empty file with non-ASCII characters in the name'(root) {
    await holds(await root.getFileHandle('Funny cat 😸', { create: true }), '')
    await lists(root, ['Funny cat 😸'])
  },
  async 'getFileHandle(create=false) returns existing files'(root) {
    await newFile(root, 'a', '1234567890')
    await holds(await root.getFileHandle('a'), '1234567890')
  },
  async 'getFileHandle(create=true) returns existing files without erasing'(root) {
    await newFile(root, 'a', '1234567890')
    await holds(await root.getFileHandle('a', { create: true }), '1234567890')
  },
  async 'getFileHandle(create=false) when a directory already exists with the same name'(root) {
    await newFolder(root, 'a')
    await rejects('TypeMismatchError', root.getFileHandle('a'))
  },
  async 'getFileHandle(create=true) when a directory already exists with the same name'(root) {
    await newFolder(root, 'a')
    await rejects('TypeMismatchError', root.getFileHandle('a', { create: true }))
  },
  async 'getFileHandle() with empty name'(root) {
    await rejects('TypeError', root.getFileHandle(''))
    await rejects('TypeError', root.getFileHandle('', { create: true }))
  },
  async 'getFileHandle() with "." and ".." names'(root) {
    for (const name of ['.', '..']) {
      await rejects('TypeError', root.getFileHandle(name))
      await rejects('TypeError', root.getFileHandle(name, { create: true }))
    }
  },
  async 'getFileHandle() with a path separator'(root) {
    await newFile(await newFolder(root, 'sub'), 'a')
    for (const name of ['sub/a', 'sub\\a', 'a/', '/a']) {
      await rejects('TypeError', root.getFileHandle(name))
      await rejects('TypeError', root.getFileHandle(name, { create: true }))
    }
  },
  async 'getFileHandle(create=true) with invalid names'(root) {
    for (const name of ['Lorem.', '#$23423@352^*3243', 'CON', 'con.txt', 'end ', 'a\u0000b'])
      await rejects('TypeError', root.getFileHandle(name, { create: true }))
    await lists(root, [])
  },

  async 'getDirectoryHandle(create=false) rejects for non-existing directories'(root) {
    await rejects('NotFoundError', root.getDirectoryHandle('sub'))
    await lists(root, [])
  },
  async 'getDirectoryHandle(create=true) creates an empty directory'(root) {
    const folder = await root.getDirectoryHandle('sub', { create: true })
    equal([folder.kind, folder.name], ['directory', 'sub'])
    await lists(folder, [])
    await lists(root, ['sub/'])
  },
  async 'getDirectoryHandle(create=false) returns existing directories'(root) {
    await newFile(await newFolder(root, 'sub'), 'a')
    await lists(await root.getDirectoryHandle('sub'), ['a'])
  },
  async 'getDirectoryHandle(create=true) returns existing directories without erasing'(root) {
    await newFile(await newFolder(root, 'sub'), 'a')
    await lists(await root.getDirectoryHandle('sub', { create: true }), ['a'])
  },
  async 'getDirectoryHandle() when a file already exists with the same name'(root) {
    await newFile(root, 'a')
    await rejects('TypeMismatchError', root.getDirectoryHandle('a'))
    await rejects('TypeMismatchError', root.getDirectoryHandle('a', { create: true }))
  },
  async 'getDirectoryHandle() with empty name'(root) {
    await rejects('TypeError', root.getDirectoryHandle(''))
    await rejects('TypeError', root.getDirectoryHandle('', { create: true }))
  },
  async 'getDirectoryHandle() with "." and ".." names'(root) {
    for (const name of ['.', '..']) {
      await rejects('TypeError', root.getDirectoryHandle(name))
      await rejects('TypeError', root.getDirectoryHandle(name, { create: true }))
    }
  },
  async 'getDirectoryHandle() with a path separator'(root) {
    await newFolder(await newFolder(root, 'sub'), 'below')
    for (const name of ['sub/below', 'sub\\below', 'sub/']) {
      await rejects('TypeError', root.getDirectoryHandle(name))
      await rejects('TypeError', root.getDirectoryHandle(name, { create: true }))
    }
  },

  async 'getFile() provides a file that can be sliced'(root) {
    const sliced = (await (await newFile(root, 'a', 'awesome content')).getFile()).slice(1, 4)
    equal([await sliced.text(), sliced.size], ['wes', 3])
  },
  async 'getFile() returns last modified time'(root) {
    const before = Date.now()
    const { lastModified, name } = await (await newFile(root, 'a', 'x')).getFile()
    equal(name, 'a')
    // Clocks of file systems are coarse.
    equal(lastModified > before - 5000 && lastModified < before + 60_000, true)
  },
  async 'getFile() of a file that has been removed fails'(root) {
    const file = await newFile(root, 'a')
    await root.removeEntry('a')
    await rejects('NotFoundError', file.getFile())
  },
}
