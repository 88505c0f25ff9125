// createWritable(), truncate(), the position, and locks.

import { type Cases, equal, fill, holds, lists, newFile, newFolder, rejects } from '../kit.ts'

export const writable: Cases = {
  async 'truncate() to shrink a file'(root) {
    const file = await newFile(root, 'a')
    const stream = await file.createWritable()
    await stream.write('1234567890')
    await stream.truncate(5)
    await stream.close()
    await holds(file, '12345')
  },
  async 'truncate() to grow a file'(root) {
    const file = await newFile(root, 'a')
    const stream = await file.createWritable()
    await stream.write('abc')
    await stream.truncate(5)
    await stream.close()
    await holds(file, 'abc\0\0')
  },
  async 'createWritable() fails when parent directory is removed'(root) {
    const file = await newFile(await newFolder(root, 'sub'), 'a')
    await root.removeEntry('sub', { recursive: true })
    await rejects('NotFoundError', file.createWritable())
  },
  async 'createWritable() fails if the file does not exist'(root) {
    const file = await newFile(root, 'a', '12345')
    await root.removeEntry('a')
    await rejects('NotFoundError', file.createWritable({ keepExistingData: true }))
    await rejects('NotFoundError', file.createWritable({ keepExistingData: false }))
    await lists(root, [])
  },
  async 'write() fails when parent directory is removed'(root) {
    const folder = await newFolder(root, 'sub')
    const stream = await (await newFile(folder, 'a')).createWritable()
    await rejects('NoModificationAllowedError', root.removeEntry('sub', { recursive: true }))
    await stream.write('kept')
    await stream.close()
    await holds(await folder.getFileHandle('a'), 'kept')
  },
  async 'createWritable({keepExistingData: true}): atomic writable file stream initialized with source contents'(
    root,
  ) {
    const file = await newFile(root, 'a', 'fooks')
    const stream = await file.createWritable({ keepExistingData: true })
    await stream.write('bar')
    await stream.close()
    await holds(file, 'barks')
  },
  async 'createWritable({keepExistingData: false}): atomic writable file stream initialized with empty file'(
    root,
  ) {
    const file = await newFile(root, 'a', 'very long string')
    const stream = await file.createWritable({ keepExistingData: false })
    await stream.write('bar')
    await holds(file, 'very long string')
    await stream.close()
    await holds(file, 'bar')
  },
  async 'cursor position: truncate size > offset'(root) {
    const file = await newFile(root, 'a', '1234567890')
    const stream = await file.createWritable({ keepExistingData: true })
    await stream.truncate(5)
    await stream.write('abc')
    await stream.close()
    await holds(file, 'abc45')
  },
  async 'cursor position: truncate size < offset'(root) {
    const file = await newFile(root, 'a', '1234567890')
    const stream = await file.createWritable({ keepExistingData: true })
    await stream.seek(6)
    await stream.truncate(5)
    await stream.write('abc')
    await stream.close()
    await holds(file, '12345abc')
  },
  async 'commands are queued, stream is unlocked after each operation'(root) {
    const file = await newFile(root, 'a')
    const stream = await file.createWritable()
    const states: boolean[] = [stream.locked]
    const work = [
      stream.write('abc'),
      stream.write('def'),
      stream.truncate(9),
      stream.seek(0),
      stream.write('xyz'),
    ]
    states.push(stream.locked)
    await Promise.all(work)
    await stream.close()
    equal(states, [false, false])
    await holds(file, 'xyzdef\0\0\0')
  },

  async 'siloed: two streams of one file can be open'(root) {
    const file = await newFile(root, 'a')
    const streams = [await file.createWritable(), await file.createWritable({ mode: 'siloed' })]
    await rejects('NoModificationAllowedError', file.createWritable({ mode: 'exclusive' }))
    for (const stream of streams) await stream.close()
    await (await file.createWritable({ mode: 'exclusive' })).close()
  },
  async 'exclusive: no other stream of the file can be open'(root) {
    const file = await newFile(root, 'a')
    const stream = await file.createWritable({ mode: 'exclusive' })
    await rejects('NoModificationAllowedError', file.createWritable({ mode: 'exclusive' }))
    await rejects('NoModificationAllowedError', file.createWritable({ mode: 'siloed' }))
    await stream.close()
    await fill(file, 'free again')
  },
  async 'exclusive: other files are not concerned'(root) {
    const stream = await (await newFile(root, 'a')).createWritable({ mode: 'exclusive' })
    await fill(await newFile(root, 'b'), 'x')
    await stream.close()
  },
  async 'createWritable() with a mode that is none fails'(root) {
    const file = await newFile(root, 'a')
    await rejects('TypeError', file.createWritable({ mode: 'other' as 'siloed' }))
  },
  async 'abort() releases the lock and leaves the content'(root) {
    const file = await newFile(root, 'a', 'kept')
    const stream = await file.createWritable({ mode: 'exclusive' })
    await stream.write('x')
    await stream.abort()
    await holds(file, 'kept')
    await fill(file, 'new')
    await holds(file, 'new')
  },
}
