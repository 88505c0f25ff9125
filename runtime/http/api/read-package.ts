// Saves an uploaded package to a temporary file: a raw zip, or the only file of a form.
// Invariant: reading stops at the limit, whatever Content-Length says; the file is removed when the caller is done, in any
// case.

import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import busboy from 'busboy'
import { diskErrorCode } from '../../../plugin-store/store-error.ts'
import { PACKAGE_TYPE } from '../../../sdk/api/media-types.ts'
import { PlugbayError } from '../../errors.ts'
import type { PackageSource } from '../../package/types.ts'
import { isEncoded } from './read-json.ts'
import { chunksOf } from './request-body.ts'

export interface ReadPackageOptions {
  /** An existing folder for the temporary file. */
  readonly folder: string
  readonly maxBytes: number
  /** Until the last byte has arrived. */
  readonly maxMs: number
}

/** Additional bytes for boundaries and part headers of a form. */
const FORM_OVERHEAD_BYTES = 65_536

/** Browsers on Windows use the second one for a zip. */
const ZIP_TYPES: readonly string[] = [PACKAGE_TYPE, 'application/x-zip-compressed']

/**
 * @param use gets the package as a file that exists until its promise settles
 * @throws PlugbayError MEDIA_TYPE, ARCHIVE_TOO_LARGE, BAD_REQUEST (a form without exactly one file "package"), STORE_FULL,
 * CANCELLED (the client disconnected), BODY_TOO_SLOW, and whatever `use` rejects with
 */
export async function withPackage<T>(
  request: Request,
  options: ReadPackageOptions,
  use: (source: PackageSource) => Promise<T>,
): Promise<T> {
  const read = readerFor(request, options)
  const path = join(options.folder, `upload-${randomUUID()}.zip`)
  try {
    await fill(path, read).catch((error: unknown) => {
      throw toReadError(error)
    })
    return await use({ kind: 'zip', path })
  } finally {
    await rm(path, { force: true })
  }
}

/** Created before anything is read: a stream could open it after a failed read, when everything has been cleaned up. */
async function fill(path: string, read: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await read(file)
  } finally {
    await file.close()
  }
}

function readerFor(
  request: Request,
  { maxBytes, maxMs }: ReadPackageOptions,
): (file: FileHandle) => Promise<void> {
  const contentType = request.headers.get('content-type') ?? ''
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? ''
  const isForm = type === 'multipart/form-data'
  if (!isForm && !ZIP_TYPES.includes(type)) {
    throw new PlugbayError(
      'MEDIA_TYPE',
      `An upload must be "${PACKAGE_TYPE}" or "multipart/form-data", not "${type}"`,
    )
  }
  if (isEncoded(request)) throw new PlugbayError('MEDIA_TYPE', 'An upload must not have a Content-Encoding')
  const cap = isForm ? maxBytes + FORM_OVERHEAD_BYTES : maxBytes
  if (Number(request.headers.get('content-length')) > cap) throw tooLarge(maxBytes)
  const body = chunksOf(request, maxMs)
  return isForm
    ? (file) => readForm(capped(body, cap), { contentType, file, maxBytes })
    : (file) => write(capped(body, cap), file)
}

async function* capped(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.byteLength
    if (size > maxBytes) throw tooLarge(maxBytes)
    yield chunk
  }
}

function write(chunks: AsyncIterable<Uint8Array>, file: FileHandle): Promise<void> {
  return pipeline(chunks, file.createWriteStream())
}

interface FormTarget {
  readonly contentType: string
  readonly file: FileHandle
  readonly maxBytes: number
}

async function readForm(chunks: AsyncIterable<Uint8Array>, target: FormTarget): Promise<void> {
  const form = openForm(target.contentType)
  const file = oneFile(form, target)
  // The failure is handled where `file` is awaited below; until then it must not count as unhandled.
  file.catch(() => form.destroy())
  try {
    for await (const chunk of chunks) {
      // A failed form accepts nothing more; `file` has the reason.
      if (form.destroyed) break
      if (!form.write(chunk)) await Promise.race([once(form, 'drain'), file])
    }
    if (!form.destroyed) form.end()
    await file
  } finally {
    form.destroy()
  }
}

function openForm(contentType: string): busboy.Busboy {
  try {
    return busboy({
      headers: { 'content-type': contentType },
      limits: { files: 1, fields: 0, headerPairs: 20 },
    })
  } catch (cause) {
    throw new PlugbayError('BAD_REQUEST', 'The form has no boundary', { cause })
  }
}

/** Settles when the file is on disk and the form has been read completely. */
function oneFile(form: busboy.Busboy, target: FormTarget): Promise<void> {
  return new Promise((resolve, reject) => {
    let written: Promise<void> | undefined
    const refuse = (sentence: string, cause?: unknown) =>
      reject(new PlugbayError('BAD_REQUEST', sentence, { cause }))
    form.on('file', (name: string, stream: Readable) => {
      if (name === 'package') {
        written = write(capped(stream, target.maxBytes), target.file)
        // A truncated part fails the stream with an error without a code; errors of the runtime and the disk have one.
        written.catch((error: unknown) =>
          isKnown(error) ? reject(error) : refuse('The form is broken', error),
        )
        return
      }
      stream.on('error', () => form.destroy()).resume()
      refuse(`The form has a file "${name}" where only "package" is taken`)
    })
    form.on('filesLimit', () => refuse('The form has more than one file'))
    form.on('fieldsLimit', () => refuse('The form has a field that is not the file "package"'))
    form.on('error', (cause) => refuse('The form is broken', cause))
    form.on('close', () => {
      if (written === undefined) refuse('The form has no file "package"')
      else written.then(resolve, reject)
    })
  })
}

function isKnown(error: unknown): boolean {
  return error instanceof PlugbayError || (error instanceof Error && 'syscall' in error)
}

function tooLarge(maxBytes: number): PlugbayError {
  return new PlugbayError('ARCHIVE_TOO_LARGE', `The upload is larger than ${maxBytes} bytes`)
}

function toReadError(error: unknown): unknown {
  if (error instanceof PlugbayError || !(error instanceof Error) || !('code' in error)) return error
  const code = diskErrorCode(String(error.code))
  return code === undefined ? error : new PlugbayError(code, undefined, { cause: error })
}
