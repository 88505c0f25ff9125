// Handles of files and folders, in the shape of the File System standard, as far as they exist in a backend.

/** A file or a folder in a folder that the host has granted. */
export interface FileSystemHandle {
  readonly kind: 'file' | 'directory'
  readonly name: string
  isSameEntry(other: FileSystemHandle): Promise<boolean>
  remove(options?: { readonly recursive?: boolean }): Promise<void>
  move(name: string): Promise<void>
  move(folder: FileSystemDirectoryHandle, name?: string): Promise<void>
}

export interface FileSystemFileHandle extends FileSystemHandle {
  readonly kind: 'file'
  /** Its content is read when it is asked for, a chunk at a time. */
  getFile(): Promise<File>
  /** As `crypto.subtle.digest()` of its content, made where the file is: of any size, and nothing of it is read by the backend. */
  digest(algorithm: 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512'): Promise<ArrayBuffer>
  /** Nothing changes under the name of the file until the stream is closed; then all does, at once. */
  createWritable(options?: {
    readonly keepExistingData?: boolean
    readonly mode?: 'siloed' | 'exclusive'
  }): Promise<FileSystemWritableFileStream>
}

export interface FileSystemDirectoryHandle extends FileSystemHandle {
  readonly kind: 'directory'
  getFileHandle(name: string, options?: { readonly create?: boolean }): Promise<FileSystemFileHandle>
  getDirectoryHandle(
    name: string,
    options?: { readonly create?: boolean },
  ): Promise<FileSystemDirectoryHandle>
  removeEntry(name: string, options?: { readonly recursive?: boolean }): Promise<void>
  resolve(possibleDescendant: FileSystemHandle): Promise<string[] | null>
  entries(): AsyncGenerator<[string, FileSystemFileHandle | FileSystemDirectoryHandle], undefined>
  keys(): AsyncGenerator<string, undefined>
  values(): AsyncGenerator<FileSystemFileHandle | FileSystemDirectoryHandle, undefined>
  [Symbol.asyncIterator](): AsyncGenerator<
    [string, FileSystemFileHandle | FileSystemDirectoryHandle],
    undefined
  >
}

export type FileSystemWriteData = string | ArrayBuffer | ArrayBufferView | Blob

export interface FileSystemWritableFileStream extends WritableStream {
  write(
    data:
      | FileSystemWriteData
      | { readonly type: 'write'; readonly position?: number; readonly data: FileSystemWriteData }
      | { readonly type: 'seek'; readonly position: number }
      | { readonly type: 'truncate'; readonly size: number },
  ): Promise<void>
  seek(position: number): Promise<void>
  truncate(size: number): Promise<void>
}
