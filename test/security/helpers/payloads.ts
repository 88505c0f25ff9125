// Lists of hostile strings that lie beside the project, as data for tests.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const PAYLOADS = fileURLToPath(new URL('../../../../shared/corpus/payloads/', import.meta.url))

/** For the `skip` of a test: false, or why the lists cannot be read; in CI they are there. */
export const SKIP_PAYLOADS = missing()

function missing(): false | string {
  if (existsSync(PAYLOADS)) return false
  assert.notEqual(process.env.CI, 'true', 'the lists of payloads are missing')
  return 'the lists of payloads are not beside the project'
}

/** Lines of one list, or of every list of a folder: a character per byte, without empty ones and repeats. */
export function linesOf(...path: readonly string[]): string[] {
  const place = join(PAYLOADS, ...path)
  const files = place.endsWith('.txt') ? [place] : readdirSync(place).map((name) => join(place, name))
  const lines = files.flatMap((file) => readFileSync(file, 'latin1').split(/\r?\n/))
  return [...new Set(lines)].filter((line) => line !== '')
}
