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
 * Makes a new name in the current folder last, and what it names. On FAT the size and the place of a file are part of its name's entry, and a
 * rename leaves them to be written with the file: after a power cut, the file would be empty.
 * @param renamed the open file, or its new name
 */
export function flushRenamed(renamed: number | string): void {
  if (typeof renamed === 'number') fsyncSync(renamed)
  else if (process.platform !== 'win32') {
    const fd = openSync(renamed, O_RDONLY | O_NOFOLLOW)
    try {
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  }
  flushFolder()
}
