// Errors of pages: what a page says of one becomes a problem with the place in the author's file and the lines around it.
// Invariant: a page says what it likes: every field is checked and cut, and names at most a file of the plugin's own folder.

import { join } from 'node:path'
import { codeFrame } from '../../sdk/text/code-frame.ts'
import type { Problem } from '../errors.ts'
import { authorText } from './author-files.ts'

/** What the client script sends. */
export interface PageFailure {
  readonly message: string
  readonly stack: string
}

export interface PagePlace {
  /** The plugin's folder. */
  readonly folder: string
  /** URL of the plugin's pages, with a slash at its end. */
  readonly base: string
  /** Folder of the frontend in it. */
  readonly frontend: string
}

/** Characters of a report. */
export const MAX_REPORT = 16_384
const MAX_MESSAGE = 2000
const PLACE = /(https?:\/\/[^\s()]+?):(\d{1,7}):(\d{1,7})/g

/** Undefined for what the client script would not have sent. */
export function readPageFailure(text: string): PageFailure | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const { message, stack } = (value ?? {}) as Record<string, unknown>
  if (typeof message !== 'string' || typeof stack !== 'string') return undefined
  return { message: message.slice(0, MAX_MESSAGE), stack }
}

/** Never rejects. */
export async function pageProblem({ message, stack }: PageFailure, place: PagePlace): Promise<Problem> {
  const problem: Problem = { code: 'PAGE_FAILED', message }
  for (const [, url = '', line, column] of stack.matchAll(PLACE)) {
    const path = pathOf(url, place.base)
    if (path === undefined) continue
    const source = await authorText(join(place.folder, place.frontend), path)
    // A page that was generated from Vite's manifest is not a file of the author.
    if (source === undefined) continue
    const at = { line: Number(line), column: Number(column) }
    const frame = codeFrame(source, at.line, at.column)
    return { ...problem, file: `${place.frontend}/${path}`, ...at, ...(frame !== undefined && { frame }) }
  }
  return problem
}

/** Below the frontend. */
function pathOf(url: string, base: string): string | undefined {
  const parsed = URL.parse(url)
  if (parsed === null || !`${parsed.origin}${parsed.pathname}`.startsWith(base)) return undefined
  try {
    const path = decodeURIComponent(`${parsed.origin}${parsed.pathname}`.slice(base.length))
    return path === '' ? 'index.html' : path
  } catch {
    return undefined // Not UTF-8
  }
}
