// Sends a file and reports its progress. XMLHttpRequest, because fetch cannot report the progress of an upload.

import type { DataImportAnswer, RestoreAnswer } from '../../../../sdk/api/data.ts'
import type { BackupType, PackageType, SnapshotType } from '../../../../sdk/api/media-types.ts'
import type { InspectAnswer, UploadAnswer, UploadQuery } from '../../../../sdk/api/packages.ts'
import { ApiError, apiUrl, readAnswer, UNREACHABLE } from './client.ts'
import { dataPath } from './plugins.ts'
import { BACKUP_PATH } from './server.ts'

export interface SnapshotOptions {
  /** 0 to 1. */
  readonly onProgress?: (fraction: number) => void
  readonly signal?: AbortSignal
}

/** POST /packages/inspect: the checks of an upload, nothing stored. */
export function inspectPackage(file: File, options: SnapshotOptions = {}): Promise<InspectAnswer> {
  return transfer({ path: 'packages/inspect', file, ...ZIP }, options)
}

/** POST /plugins. */
export function installPackage(
  file: File,
  options: SnapshotOptions & UploadQuery = {},
): Promise<UploadAnswer> {
  const query = new URLSearchParams()
  for (const name of ['enable', 'grant', 'downgrade'] as const)
    if (options[name] !== undefined) query.set(name, String(options[name]))
  return transfer({ path: query.size > 0 ? `plugins?${query}` : 'plugins', file, ...ZIP }, options)
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
