// Sends a file and reports its progress. XMLHttpRequest, because fetch cannot report the progress of an upload.

import type { DataImportAnswer, RestoreAnswer } from '../../../../sdk/api/data.ts'
import type { BackupType, PackageType, SnapshotType } from '../../../../sdk/api/media-types.ts'
import type { InspectAnswer, UploadAnswer, UploadQuery } from '../../../../sdk/api/packages.ts'
import { ApiError, apiUrl, readAnswer, send, UNREACHABLE } from './client.ts'
import { dataPath } from './plugins.ts'
import { BACKUP_PATH } from './server.ts'

export interface SnapshotOptions {
  /** 0 to 1. */
  readonly onProgress?: (fraction: number) => void
  readonly signal?: AbortSignal
}

/** A package that can be looked at before it is installed. */
export interface OfferedPackage {
  readonly name: string
  /** The checks of an installation, nothing stored. */
  inspect(options: SnapshotOptions): Promise<InspectAnswer>
  install(choice: UploadQuery, options: SnapshotOptions): Promise<UploadAnswer>
}

/** POST /packages/inspect and /plugins. */
export function zipPackage(file: File): OfferedPackage {
  return {
    name: file.name,
    inspect: (options) => transfer({ path: 'packages/inspect', file, ...ZIP }, options),
    install: (choice, options) => transfer({ path: `plugins${queryOf(choice)}`, file, ...ZIP }, options),
  }
}

/** POST /samples/:id/inspect and /install: nothing is sent, the server has it. */
export function samplePackage(id: string): OfferedPackage {
  const post = <T>(what: string, { signal, onProgress }: SnapshotOptions): Promise<T> => {
    onProgress?.(1)
    return send(`samples/${encodeURIComponent(id)}/${what}`, {
      method: 'POST',
      ...(signal !== undefined && { signal }),
    })
  }
  return {
    name: id,
    inspect: (options) => post('inspect', options),
    install: (choice, options) => post(`install${queryOf(choice)}`, options),
  }
}

function queryOf(choice: UploadQuery): string {
  const query = new URLSearchParams()
  for (const name of ['enable', 'grant', 'downgrade'] as const)
    if (choice[name] !== undefined) query.set(name, String(choice[name]))
  return query.size > 0 ? `?${query}` : ''
}

/** PUT /plugins/:id/data: replaces all data of the plugin. */
export function restoreData(
  id: string,
  file: File,
  options: SnapshotOptions = {},
): Promise<DataImportAnswer> {
  const type: SnapshotType = 'application/vnd.plugbay.data'
  return transfer({ method: 'PUT', path: dataPath(id), file, type }, options)
}

/** PUT /backup: replaces all data of the server, or with `isCheck` says whether it could. */
export function sendBackup(file: File, { isCheck }: { readonly isCheck: boolean }): Promise<RestoreAnswer> {
  const type: BackupType = 'application/vnd.plugbay.backup'
  return transfer({ method: 'PUT', path: `${BACKUP_PATH}?check=${isCheck}`, file, type }, {})
}

const ZIP = { method: 'POST', type: 'application/zip' } as const satisfies Partial<Transfer>

interface Transfer {
  readonly method: 'POST' | 'PUT'
  readonly path: string
  readonly file: File
  readonly type: PackageType | SnapshotType | BackupType
}

function transfer<T>({ method, path, file, type }: Transfer, options: SnapshotOptions): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open(method, apiUrl(path))
    request.setRequestHeader('content-type', type)
    request.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable && event.total > 0) options.onProgress?.(event.loaded / event.total)
    })
    request.addEventListener('load', () => {
      try {
        resolve(readAnswer<T>(request.status, request.responseText))
      } catch (error) {
        reject(error)
      }
    })
    request.addEventListener('error', () => reject(new ApiError(UNREACHABLE)))
    request.addEventListener('abort', () =>
      reject(new DOMException('The upload was cancelled', 'AbortError')),
    )
    options.signal?.addEventListener('abort', () => request.abort(), { once: true })
    request.send(file)
  })
}
