// move() of files: to a name, to a folder, to a name in a folder.

import { type Cases, holds, lists, newFile, newFolder, rejects } from '../kit.ts'

export const moving: Cases = {
  async 'move(name) to rename a file'(root) {
    const file = await newFile(root, 'before', 'foo')
    await file.move('after')
    await lists(root, ['after'])
    await holds(file, 'foo')
  },
  async 'move(name) to rename a file the same name'(root) {
    const file = await newFile(root, 'before', 'foo')
    await file.move('before')
    await lists(root, ['before'])
    await holds(file, 'foo')
  },
  async 'move("") to rename a file fails'(root) {
    const file = await newFile(root, 'before', 'foo')
    await rejects('TypeError', file.move(''))
    await lists(root, ['before'])
    await holds(file, 'foo')
  },
  async 'move(name) can be called multiple times'(root) {
    const file = await newFile(root, 'file-1', 'foo')
    for (const name of ['file-2', 'file-3', 'file-1']) {
      await file.move(name)
      await lists(root, [name])
    }
  },
  async 'move(name) with a name with a trailing period should fail'(root) {
    const folder = await newFolder(root, 'sub')
    const file = await newFile(folder, 'before', 'foo')
    await rejects('TypeError', file.move('Lorem.'))
    await lists(folder, ['before'])
    await holds(file, 'foo')
  },
  async 'move(name) with a name with invalid characters should fail'(root) {
    const file = await newFile(root, 'before', 'foo')
    await rejects('TypeError', file.move('#$23423@352^*3243'))
    await rejects('TypeError', file.move(root, '#$23423@352^*3243'))
    await lists(root, ['before'])
    await holds(file, 'foo')
  },
  async 'move(name) while the file has an open writable fails'(root) {
    const file = await newFile(root, 'before', 'abc')
    const stream = await file.createWritable()
    await rejects('NoModificationAllowedError', file.move('after'))
    await stream.close()
    await file.move('after')
    await lists(root, ['after'])
  },
  async 'move(name) while the destination file has an open writable fails'(root) {
    const file = await newFile(root, 'before', 'abc')
    const stream = await (await newFile(root, 'after', '123')).createWritable()
    await rejects('NoModificationAllowedError', file.move('after'))
    await stream.close()
    await file.move('after')
    await lists(root, ['after'])
    await holds(file, 'abc')
  },

  async 'move(dir, name) to rename a file'(root) {
    const file = await newFile(root, 'before', 'foo')
    await file.move(root, 'after')
    await lists(root, ['after'])
    await holds(file, 'foo')
  },
  async 'move(dir, name) to rename a file the same name'(root) {
    const file = await newFile(root, 'before', 'foo')
    await file.move(root, 'before')
    await lists(root, ['before'])
    await holds(file, 'foo')
  },
  async 'move(dir) to move a file to a new directory'(root) {
    const [from, to] = [await newFolder(root, 'from'), await newFolder(root, 'to')]
    const file = await newFile(from, 'a', 'abc')
    await file.move(to)
    await lists(from, [])
    await lists(to, ['a'])
    await holds(file, 'abc')
  },
  async 'move(dir, "") to move a file to a new directory'(root) {
    const [from, to] = [await newFolder(root, 'from'), await newFolder(root, 'to')]
    const file = await newFile(from, 'a', 'abc')
    await file.move(to, '')
    await lists(from, [])
    await lists(to, ['a'])
    await holds(file, 'abc')
  },
  async 'move(dir, name) to move a file to a new directory'(root) {
    const [from, to] = [await newFolder(root, 'from'), await newFolder(root, 'to')]
    const file = await newFile(from, 'a', 'abc')
    await file.move(to, 'b')
    await lists(from, [])
    await lists(to, ['b'])
    await holds(file, 'abc')
  },
  async 'move(dir), move(dir, "") and move(dir, name) can be called multiple times'(root) {
    const [one, other] = [await newFolder(root, 'one'), await newFolder(root, 'other')]
    const file = await newFile(root, 'a', 'foo')
    for (const name of [undefined, '', 'b'])
      for (const folder of [one, other, root]) {
        await (name === undefined ? file.move(folder) : file.move(folder, name))
        const own = name || 'a'
        await lists(one, folder === one ? [own] : [])
        await lists(other, folder === other ? [own] : [])
        await lists(root, folder === root ? [own, 'one/', 'other/'] : ['one/', 'other/'])
        await holds(file, 'foo')
      }
  },
  async 'move(dir) and move(dir, name) while the file has an open writable fail'(root) {
    const [from, to] = [await newFolder(root, 'from'), await newFolder(root, 'to')]
    const file = await newFile(from, 'a', 'abc')
    const stream = await file.createWritable()
    await rejects('NoModificationAllowedError', file.move(to))
    await rejects('NoModificationAllowedError', file.move(to, 'b'))
    await lists(to, [])
    await stream.close()
    await file.move(to)
    await lists(from, [])
    await lists(to, ['a'])
  },
  async 'move(dir) while the destination file has an open writable fails'(root) {
    const [from, to] = [await newFolder(root, 'from'), await newFolder(root, 'to')]
    const file = await newFile(from, 'a', 'abc')
    const stream = await (await newFile(to, 'a', '123')).createWritable()
    await rejects('NoModificationAllowedError', file.move(to))
    await lists(from, ['a'])
    await stream.close()
    await file.move(to)
    await lists(from, [])
    await lists(to, ['a'])
    await holds(file, 'abc')
  },
  async 'move(dir, name) while the destination file has an open writable fails'(root) {
    const [from, to] = [await newFolder(root, 'from'), await newFolder(root, 'to')]
    const file = await newFile(from, 'a', 'abc')
    const stream = await (await newFile(to, 'b', '123')).createWritable()
    await rejects('NoModificationAllowedError', file.move(to, 'b'))
    await lists(from, ['a'])
    await stream.close()
    await file.move(to, 'b')
    await lists(from, [])
    await lists(to, ['b'])
    await holds(file, 'abc')
  },
}
