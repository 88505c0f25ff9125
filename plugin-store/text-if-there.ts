// Reads a file that need not exist.

import { readFile } from 'node:fs/promises'
import { codeOf } from './store-error.ts'

/** Undefined for a file that does not exist. */
export async function textIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}
