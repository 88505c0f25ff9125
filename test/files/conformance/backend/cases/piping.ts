// Streams that are piped into a file.

import { type Cases, equal, holds, newFile, type Root, rejects } from '../kit.ts'

function streamOf(...chunks: readonly unknown[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
}

/** What a new file holds after these chunks were piped into it. */
function gives(content: string, ...chunks: readonly unknown[]) {
  return async (root: Root): Promise<void> => {
    const file = await newFile(root, 'a')
    await streamOf(...chunks).pipeTo(await file.createWritable({ keepExistingData: false }))
    await holds(file, content)
  }
}

export const piping: Cases = {
  'can be piped to with a string': gives('foo_string', 'foo_string'),
  'can be piped to with an ArrayBuffer': gives('foo', Uint8Array.of(0x66, 0x6f, 0x6f).buffer),
  'can be piped to with a Blob': gives('foo', new Blob(['foo'])),
  'can be piped to with a param object': gives('foobar', { type: 'write', data: 'foobar' }),
  'can be piped to with a param object with multiple commands': gives(
    'foobazbar',
    { type: 'write', data: 'foobar' },
    { type: 'truncate', size: 3 },
    { type: 'write', position: 3, data: 'bazbar' },
  ),
  'multiple operations can be queued': gives('foo_foobar_barbaz', 'foo_', 'foobar_', 'bar', 'baz'),

  async 'plays well with fetch'(root) {
    const file = await newFile(root, 'a')
    const { body } = new Response('fetched from far')
    await body?.pipeTo(await file.createWritable())
    await holds(file, 'fetched from far')
  },
  async 'can be piped to with a lot of data'(root) {
    const file = await newFile(root, 'a')
    const piece = new Uint8Array(100_000).fill(65)
    await streamOf(...Array.from({ length: 20 }, () => piece)).pipeTo(await file.createWritable())
    equal((await file.getFile()).size, 2_000_000)
  },
  async 'abort() aborts write'(root) {
    const file = await newFile(root, 'a', 'kept')
    const abort = new AbortController()
    let pulled = 0
    const endless = new ReadableStream({
      pull(controller) {
        if (++pulled === 10) abort.abort()
        controller.enqueue('piece')
      },
    })
    await rejects('AbortError', endless.pipeTo(await file.createWritable(), { signal: abort.signal }))
    await holds(file, 'kept')
  },
  async 'a source that fails leaves the file'(root) {
    const file = await newFile(root, 'a', 'kept')
    const failing = new ReadableStream({
      start(controller) {
        controller.enqueue('piece')
      },
      pull(controller) {
        controller.error(new RangeError('broken'))
      },
    })
    await rejects('RangeError', failing.pipeTo(await file.createWritable()))
    await holds(file, 'kept')
    await (await file.createWritable({ mode: 'exclusive' })).close()
  },
}
