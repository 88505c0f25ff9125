// What the system's error codes mean in the words of the File System standard.

import { FileError, type FileErrorName } from '../../../sdk/protocol/file-error.ts'

export const notFound = (): FileError => new FileError('NotFoundError', 'There is no such file or folder')
export const notThisKind = (message: string): FileError => new FileError('TypeMismatchError', message)

const NAMES: Readonly<Record<string, readonly [FileErrorName, string]>> = {
  ENOENT: ['NotFoundError', 'There is no such file or folder'],
  ESTALE: ['NotFoundError', 'The folder has gone'],
  ENODEV: ['NotFoundError', 'The drive has gone'],
  ENXIO: ['NotFoundError', 'The drive has gone'],
  ENOTDIR: ['TypeMismatchError', 'It is not a folder'],
  EISDIR: ['TypeMismatchError', 'It is a folder'],
  ELOOP: ['TypeMismatchError', 'It is a link'],
  ENOTEMPTY: ['InvalidModificationError', 'The folder is not empty'],
  EEXIST: ['InvalidModificationError', 'There is already an entry of that name'],
  EXDEV: ['NotSupportedError', 'It would have to move to another drive'],
  EINVAL: ['NotSupportedError', 'The drive does not take such a name or operation'],
  ENAMETOOLONG: ['NotSupportedError', 'The name is too long for this drive'],
  EOPNOTSUPP: ['NotSupportedError', 'The drive does not support this'],
  EBUSY: ['NoModificationAllowedError', 'It is in use'],
  ETXTBSY: ['NoModificationAllowedError', 'It is in use'],
  EACCES: ['NotAllowedError', 'The server may not do this'],
  EPERM: ['NotAllowedError', 'The server may not do this'],
  EROFS: ['NotAllowedError', 'The drive is read-only'],
  ENOSPC: ['QuotaExceededError', 'The drive is full'],
  EDQUOT: ['QuotaExceededError', 'The drive is full'],
  EFBIG: ['QuotaExceededError', 'The file is too large for this drive'],
  EMFILE: ['QuotaExceededError', 'Too many files are open'],
  ENFILE: ['QuotaExceededError', 'Too many files are open'],
  EIO: ['NotReadableError', 'The drive reports an error'],
}

/** Paths in the system's message are the server's own: only its code is passed on. */
export function fileErrorOf(error: unknown): unknown {
  if (error instanceof FileError || !(error instanceof Error)) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const known = Object.hasOwn(NAMES, code) ? NAMES[code] : undefined
  return known === undefined ? error : new FileError(known[0], `${known[1]} (${code})`)
}
