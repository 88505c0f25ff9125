// Collects problems of an archive or a folder, worded for its author.
// Invariant: hostile input controls neither the length of the list nor, through its text, a terminal.

import type { Problem } from '../../../../sdk/api/problems.ts'
import type { ErrorCode } from '../../../../sdk/protocol/error-codes.ts'

const MAX_PROBLEMS = 50
const MAX_SHOWN_NAME = 200

export interface ArchiveFinding {
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string
  /** The entry's name, shortened and escaped when it is stored. */
  readonly file?: string
}

export interface ProblemList {
  add(finding: ArchiveFinding): void
  readonly count: number
  /** At most 50 problems, then one with the number of the rest. */
  list(): readonly Problem[]
}

/** An empty list of problems that stops growing at 50. */
export function problemList(): ProblemList {
  const kept: Problem[] = []
  let count = 0
  return {
    add({ file, ...finding }) {
      count += 1
      if (kept.length < MAX_PROBLEMS) {
        kept.push(file === undefined ? finding : { ...finding, file: showName(file) })
      }
    },
    get count() {
      return count
    },
    list() {
      const first = kept[0]
      if (first === undefined || count === kept.length) {
        return kept
      }
      return [...kept, { code: first.code, message: `There are ${count - kept.length} more problems` }]
    },
  }
}

/** A name that is safe in a message: control and invisible characters escaped, at most 200 characters. */
export function showName(name: string): string {
  const head = name.length > MAX_SHOWN_NAME ? `${name.slice(0, MAX_SHOWN_NAME)}…` : name
  return head
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`)
}
