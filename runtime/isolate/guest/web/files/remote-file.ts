// The content of a File in a granted folder, a chunk at a time.

import { FILE_CHUNK } from '../../../../../sdk/protocol/file-wire.ts'
import type { HostCall } from '../../env/host-calls.ts'
import { DOMException } from '../base/dom-exception.ts'
import { ask } from './ask.ts'

interface FileSource {
  readonly call: HostCall
  readonly handle: number
  readonly path: readonly string[]
  /** Of the content that getFile() has found. */
  readonly version: string
}

/** Reads at most a chunk. Rejects with a NotReadableError when the file has changed since. */
export function fileReader({ call, handle, path, version }: FileSource) {
  return async (start: number, length: number): Promise<Uint8Array<ArrayBuffer>> => {
    const wanted = Math.min(length, FILE_CHUNK)
    const { body } = await ask(call, 'files.read', [handle, path, version, start, wanted])
    if (body?.byteLength !== wanted) throw new DOMException('The file ended early', 'NotReadableError')
    return body as Uint8Array<ArrayBuffer>
  }
}
