// write(): all kinds of data, positions, and commands that lack something.

import type { FileSystemWritableFileStream } from '../../../../../sdk/plugin-api/files.ts'
import { type Cases, equal, holds, newFile, type Root, rejects } from '../kit.ts'

type Data = Parameters<FileSystemWritableFileStream['write']>[0]

/** What a new file holds after these writes. */
function gives(content: string, ...data: readonly Data[]) {
  return async (root: Root): Promise<void> => {
    const file = await newFile(root, 'a')
    const stream = await file.createWritable()
    for (const each of data) await stream.write(each)
    await stream.close()
    await holds(file, content)
  }
}

/** A write that is refused, and leaves the file. */
function refuses(name: string, data: unknown) {
  return async (root: Root): Promise<void> => {
    const file = await newFile(root, 'a', 'kept')
    const stream = await file.createWritable()
    await rejects(name, stream.write(data as Data))
    await holds(file, 'kept')
  }
}

const WHOLE = '1234567890'
const blob = (text: string): Blob => new Blob([text])

export const writing: Cases = {
  'write() with an empty blob to an empty file': gives('', new Blob([])),
  'write() a blob to an empty file': gives(WHOLE, blob(WHOLE)),
  'write() with WriteParams without position to an empty file': gives(WHOLE, { type: 'write', data: WHOLE }),
  'write() a string to an empty file with zero offset': gives(WHOLE, {
    type: 'write',
    position: 0,
    data: WHOLE,
  }),
  'write() a blob to an empty file with zero offset': gives(WHOLE, {
    type: 'write',
    position: 0,
    data: blob(WHOLE),
  }),
  'write() called consecutively appends': gives(WHOLE, '12345', '67890'),
  'write() WriteParams without position and string appends': gives(WHOLE, '12345', {
    type: 'write',
    data: '67890',
  }),
  'write() WriteParams without position and blob appends': gives(WHOLE, '12345', {
    type: 'write',
    data: blob('67890'),
  }),
  'write() called with a string and a valid offset': gives('1234abc890', WHOLE, {
    type: 'write',
    position: 4,
    data: 'abc',
  }),
  'write() called with a string and a valid offset after seek': gives(
    '1234abc890',
    WHOLE,
    { type: 'seek', position: 0 },
    { type: 'write', position: 4, data: 'abc' },
  ),
  'write() called with a blob and a valid offset': gives('1234abc890', WHOLE, {
    type: 'write',
    position: 4,
    data: blob('abc'),
  }),
  'write() called with an offset beyond the end of the file': gives('\0\0\0\0abc', {
    type: 'write',
    position: 4,
    data: blob('abc'),
  }),
  'write() with an empty string to an empty file': gives('', ''),
  'write() with a valid utf-8 string': gives('foo🤘', 'foo🤘'),
  'write() with a string with unix line ending preserved': gives('foo\n', 'foo\n'),
  'write() with a string with windows line ending preserved': gives('foo\r\n', 'foo\r\n'),
  'write() with an empty array buffer to an empty file': gives('', new ArrayBuffer(0)),
  'write() with a valid typed array buffer': gives('foo', Uint8Array.of(0x66, 0x6f, 0x6f).buffer),
  'write() with a part of an array buffer': gives('oo', Uint8Array.of(0x66, 0x6f, 0x6f).subarray(1)),

  async 'atomic writes: writable file streams make atomic changes on close'(root) {
    const file = await newFile(root, 'a')
    const one = await file.createWritable()
    await one.write('foox')
    const other = await file.createWritable()
    await other.write('bar')
    await holds(file, '')
    await other.close()
    await holds(file, 'bar')
    await one.close()
    await holds(file, 'foox')
  },
  async 'atomic writes: write(), truncate() and close() after close() fail'(root) {
    const file = await newFile(root, 'a')
    for (const after of ['write', 'truncate', 'close'] as const) {
      const stream = await file.createWritable()
      await stream.write('foo')
      await stream.close()
      await holds(file, 'foo')
      const late =
        after === 'write' ? stream.write('abc') : after === 'truncate' ? stream.truncate(0) : stream.close()
      await rejects('TypeError', late)
      await holds(file, 'foo')
    }
  },
  async 'atomic writes: only one close() operation may succeed'(root) {
    const stream = await (await newFile(root, 'a')).createWritable()
    await stream.write('foo')
    const ends = await Promise.allSettled(Array.from({ length: 100 }, () => stream.close()))
    equal(ends.filter(({ status }) => status === 'fulfilled').length, 1)
  },
  async 'getWriter() can be used'(root) {
    const file = await newFile(root, 'a')
    const stream = await file.createWritable()
    const free = stream.locked
    const writer = stream.getWriter()
    equal([free, stream.locked], [false, true])
    await writer.write('foo')
    await writer.write(blob('bar'))
    await writer.write({ type: 'seek', position: 0 })
    await writer.write({ type: 'write', data: 'baz' })
    await writer.close()
    await holds(file, 'bazbar')
  },

  'WriteParams: truncate missing size param': refuses('SyntaxError', { type: 'truncate' }),
  'WriteParams: write missing data param': refuses('SyntaxError', { type: 'write' }),
  'WriteParams: write null data param': refuses('TypeError', { type: 'write', data: null }),
  'WriteParams: seek missing position param': refuses('SyntaxError', { type: 'seek' }),
  'WriteParams: seek null position param': refuses('TypeError', { type: 'seek', position: null }),
  'WriteParams: truncate null size param': refuses('TypeError', { type: 'truncate', size: null }),

  async 'write() with an invalid blob to an empty file should reject'(root) {
    const source = await (await newFile(root, 'source', 'source data')).getFile()
    await root.removeEntry('source')
    const file = await newFile(root, 'a')
    const stream = await file.createWritable()
    await rejects('NotFoundError', stream.write(source))
    await rejects('TypeError', stream.close())
    await holds(file, '')
  },
  async 'an errored writable stream releases its lock'(root) {
    const file = await newFile(root, 'a', 'contents')
    const stream = await file.createWritable({ mode: 'exclusive' })
    await stream.write('12345')
    await rejects('TypeError', stream.write({ type: 'write', data: null } as unknown as Data))
    await holds(file, 'contents')
    await (await file.createWritable({ mode: 'exclusive' })).close()
  },
  async 'an errored writable stream should reject the next write call'(root) {
    const writer = (
      await (await newFile(root, 'a', 'contents')).createWritable({ mode: 'exclusive' })
    ).getWriter()
    await rejects('TypeError', writer.write(null))
    await rejects('TypeError', writer.write('foo'))
  },
}
