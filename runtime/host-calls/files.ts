// The host calls behind handles of files and folders. Each names a granted folder by its handle, and a path below it.
// Invariant: the folder decides whether the call is permitted; an outcome that the standard has a name for is the result of the call.

import { FileError } from '../../sdk/protocol/file-error.ts'
import { FILE_CHUNK, type FileFailure, type ListedPage } from '../../sdk/protocol/file-wire.ts'
import type { HostCallResult } from '../../sdk/protocol/host-calls.ts'
import { PlugbayError } from '../errors.ts'
import { FileList, type ListPage } from '../files/file-list.ts'
import { FileWriter } from '../files/file-writer.ts'
import { Folder } from '../files/folder.ts'
import type { HandleTable } from '../sandbox/instance/handles.ts'
import type { Failure, PassedStream } from '../sandbox/instance/passed-streams.ts'
import type { Handler, Handlers } from './host-calls.ts'

type FileCallName = Extract<keyof Handlers, `files.${string}`>

export function fileHandlers(): Pick<Handlers, FileCallName> {
  return {
    'files.find': reporting(async (_caller, [handle, path, kind], _body, { handles }) => {
      await folderOf(handles, handle).find(path, kindOf(kind))
      return DONE
    }),
    'files.create': reporting(async (_caller, [handle, path, kind], _body, { handles }) => {
      await folderOf(handles, handle).create(path, kindOf(kind))
      return DONE
    }),
    'files.facts': reporting(async (_caller, [handle, path], _body, { handles }) => ({
      head: await folderOf(handles, handle).facts(path),
    })),
    'files.read': reporting(async (_caller, [handle, path, version, start, length], _body, { handles }) => {
      if (typeof version !== 'string' || version.length > 200)
        throw invalid('The version of the file is not one')
      const piece = { version, start: sizeOf(start), length: Math.min(sizeOf(length), FILE_CHUNK) }
      return { head: null, body: await folderOf(handles, handle).read(path, piece) }
    }),
    'files.digest': reporting(async (_caller, [handle, path, algorithm], _body, { handles, signal }) => {
      const name = DIGESTS.get(String(algorithm))
      if (name === undefined) throw invalid('The algorithm of the digest is not known')
      return { head: null, body: await folderOf(handles, handle).digest(path, name, signal) }
    }),

    /** Returns the first page, and a handle if there are more. */
    'files.list': reporting(async (_caller, [handle, path], _body, { handles }) => {
      const folder = folderOf(handles, handle)
      let first: ListPage | undefined
      const next = await handles.open('list', async () => {
        const list = await folder.list(path)
        first = await list.next()
        return first.isLast ? undefined : list
      })
      return { head: { entries: first?.entries ?? [], next } satisfies ListedPage }
    }),
    /** The handle is closed with the last page. */
    'files.next': reporting(async (_caller, [handle], _body, { handles }) => {
      const list = resourceOf(handles, 'list', handle, FileList)
      try {
        const { entries, isLast } = await list.next()
        if (isLast) await handles.close('list', handle)
        return { head: { entries, next: isLast ? null : Number(handle) } satisfies ListedPage }
      } catch (error) {
        await handles.close('list', handle)
        throw error
      }
    }),
    async 'files.endList'(_caller, [handle], _body, { handles }) {
      await handles.close('list', handle)
      return DONE
    },

    'files.remove': reporting(async (_caller, [handle, path, recursive], _body, { handles }) => {
      await folderOf(handles, handle).remove(path, recursive === true)
      return DONE
    }),
    'files.move': reporting(async (_caller, [handle, path, target, to], _body, { handles }) => {
      await folderOf(handles, handle).move(path, folderOf(handles, target), to)
      return DONE
    }),

    'files.openWriter': reporting(async (_caller, [handle, path, keep, mode], _body, { handles }) => {
      const folder = folderOf(handles, handle)
      let size = 0
      const number = await handles.open('writer', async () => {
        const options = { keep: keep === true, isExclusive: mode === 'exclusive' }
        const writer = await folder.openWriter(path, options)
        size = writer.size
        return writer
      })
      return { head: { writer: number, size } }
    }),
    'files.write': reporting(async (_caller, [handle, position], body, { handles }) => {
      await writerOf(handles, handle).write(sizeOf(position), body ?? new Uint8Array(0))
      return DONE
    }),
    /** The position after all of it; null when there is nothing left to pass on. */
    'files.pipe': reporting(async (_caller, [handle, position, stream], _body, { handles, passed }) => {
      const writer = writerOf(handles, handle)
      const start = sizeOf(position)
      const taken = passed.take(stream)
      return { head: taken === undefined ? null : await pipeRest(writer, start, taken) }
    }),
    'files.truncate': reporting(async (_caller, [handle, size], _body, { handles }) => {
      await writerOf(handles, handle).truncate(sizeOf(size))
      return DONE
    }),
    /** Closes the handle, whatever comes of it. */
    'files.commit': reporting(async (_caller, [handle], _body, { handles }) => {
      try {
        await writerOf(handles, handle).commit()
        return DONE
      } finally {
        await handles.close('writer', handle)
      }
    }),
    async 'files.discard'(_caller, [handle], _body, { handles }) {
      await handles.close('writer', handle)
      return DONE
    },
  }
}

/** Names of Web Crypto, and of OpenSSL. */
const DIGESTS: ReadonlyMap<string, string> = new Map([
  ['SHA-1', 'sha1'],
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
])

/** Rejects with what the file fails with; what the stream fails with, the reader of the stream gets. */
async function pipeRest(
  writer: FileWriter,
  start: number,
  { sent, rest, end }: PassedStream,
): Promise<number> {
  const source = rest[Symbol.asyncIterator]()
  let failure: Failure | undefined
  const untilFailure: AsyncIterable<Uint8Array> = {
    // Without return(): when the file fails, its error goes to the plugin before that of a stream that is not wanted any more.
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        try {
          return await source.next()
        } catch (error) {
          failure = { error }
          return { done: true, value: undefined }
        }
      },
    }),
  }
  try {
    const position = await writer.writeAll(start + sent, untilFailure)
    // The answer to this call goes first.
    setImmediate(end, failure)
    return position
  } catch (error) {
    // The guest cancels its stream, too; what that fails with changes nothing any more.
    setImmediate(() => source.return?.().catch(() => undefined))
    throw error
  }
}

const DONE: HostCallResult = { head: null }

/** The outcome as a result: a guest makes a DOMException of it. */
export function reporting(handler: Handler): Handler {
  return async (...call) => {
    try {
      return await handler(...call)
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      return { head: { error: error.code, message: error.message } satisfies FileFailure }
    }
  }
}

function folderOf(handles: HandleTable, handle: unknown): Folder {
  return resourceOf(handles, 'folder', handle, Folder)
}

function writerOf(handles: HandleTable, handle: unknown): FileWriter {
  return resourceOf(handles, 'writer', handle, FileWriter)
}

/** @throws PlugbayError HANDLE_CLOSED */
function resourceOf<Resource>(
  handles: HandleTable,
  kind: 'folder' | 'list' | 'writer',
  handle: unknown,
  Class: new (...parts: never[]) => Resource,
): Resource {
  const resource = handles.get(kind, handle)
  if (!(resource instanceof Class)) throw new PlugbayError('HANDLE_CLOSED', 'The handle is of another kind')
  return resource
}

function kindOf(kind: unknown): 'file' | 'directory' {
  if (kind !== 'file' && kind !== 'directory') throw invalid('The kind is neither "file" nor "directory"')
  return kind
}

function sizeOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw invalid('A position or size is not a whole number')
  return value
}

function invalid(message: string): PlugbayError {
  return new PlugbayError('HOST_CALL_INVALID', message)
}
