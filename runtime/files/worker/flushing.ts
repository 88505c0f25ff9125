// Makes names in the current folder last through a power cut.

import { closeSync, constants, fsyncSync, openSync } from 'node:fs'

const { O_RDONLY, O_NOFOLLOW = 0 } = constants

/** Makes new names in the current folder last through a power cut. */
export function flushFolder(): void {
  // Windows opens no folders, and keeps names by itself.
  if (process.platform === 'win32') return
  const fd = openSync('.', 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/**
 * Makes a new name in the current folder last, and what it names. On FAT the size and the place of a file are part of the entry of its name, and a
 * rename leaves them to be written with the file: after a power cut, the file would be empty.
 * @param entry the open file, or the name
 */
export function flushEntry(entry: number | string): void {
  if (typeof entry === 'number') fsyncSync(entry)
  else if (process.platform !== 'win32') {
    const fd = openSync(entry, O_RDONLY | O_NOFOLLOW)
    try {
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  }
  flushFolder()
}
