// An outcome of an operation on files that the File System standard has a name for. It crosses every wall as that name.

export const FILE_ERRORS = [
  'NotFoundError',
  'TypeMismatchError',
  'InvalidModificationError',
  'NoModificationAllowedError',
  'NotAllowedError',
  'NotReadableError',
  'NotSupportedError',
  'QuotaExceededError',
  'InvalidStateError',
  // A name that is none: an exception of the language.
  'TypeError',
] as const
export type FileErrorName = (typeof FILE_ERRORS)[number]

export class FileError extends Error {
  /** Of the exception that a guest gets. */
  readonly code: FileErrorName

  constructor(code: FileErrorName, message: string) {
    super(message)
    this.name = 'FileError'
    this.code = code
  }
}

export function isFileErrorName(code: string): code is FileErrorName {
  return FILE_ERRORS.some((name) => name === code)
}
