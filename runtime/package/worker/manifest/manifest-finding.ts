// A finding in manifest.json before its position is known, and its conversion to a problem.
// Invariant: every problem of the manifest names the file; every one with a path has a line, a column and a frame.

import type { Node } from 'jsonc-parser'
import type { Problem } from '../../../../sdk/api/problems.ts'
import type { ErrorCode } from '../../../../sdk/protocol/error-codes.ts'
import { codeFrame, escapeControls, placeAt } from '../../../../sdk/text/code-frame.ts'

export const MANIFEST_FILE = 'manifest.json'
const SHOWN_CHARACTERS = 60

export type Path = readonly (string | number)[]

export interface Finding {
  readonly code: ErrorCode
  readonly path: Path
  /** Points at the key instead of the value. */
  readonly atKey?: boolean
  /** Its position in the text, when the path is ambiguous (duplicate keys). */
  readonly offset?: number
  readonly message: string
  readonly hint?: string | undefined
}

export interface ManifestText {
  readonly text: string
  readonly root: Node
}

/** The problem with pointer, line, column and code frame. */
export function toProblem(finding: Finding, { text, root }: ManifestText): Problem {
  const offset = finding.offset ?? nodeAt(root, finding.path, finding.atKey ?? false).offset
  return problemAt(text, offset, {
    code: finding.code,
    message: finding.message,
    ...(finding.hint === undefined ? {} : { hint: finding.hint }),
    pointer: toPointer(finding.path),
  })
}

/** A problem of manifest.json at an offset of its text. */
export function problemAt(text: string, offset: number, problem: Problem): Problem {
  const place = placeAt(text, offset)
  return { ...problem, file: MANIFEST_FILE, ...place, frame: codeFrame(text, place.line, place.column) }
}

/** RFC 6901. */
export function toPointer(path: Path): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** The path in readable form, for example "permissions.usb[0].vendorId"; "the manifest" for the root. */
export function inWords(path: Path): string {
  if (path.length === 0) return 'the manifest'
  const steps = path.map((step, index) =>
    typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`,
  )
  return quoted(steps.join(''))
}

/** Text of the author for use in a sentence: quoted, safe to print, truncated. */
export function quoted(text: string): string {
  const characters = [...text.slice(0, SHOWN_CHARACTERS * 2)]
  const cut = characters.length > SHOWN_CHARACTERS || text.length > SHOWN_CHARACTERS * 2
  return `"${escapeControls(characters.slice(0, SHOWN_CHARACTERS).join(''))}${cut ? '…' : ''}"`
}

/** The node at the path, or its nearest ancestor. */
function nodeAt(root: Node, path: Path, atKey: boolean): Node {
  let node = root
  for (const [index, step] of path.entries()) {
    if (node.type === 'array' && typeof step === 'number') {
      node = node.children?.[step] ?? node
      continue
    }
    const property =
      node.type === 'object' ? node.children?.find((child) => child.children?.[0]?.value === step) : undefined
    const [key, value] = property?.children ?? []
    if (key === undefined) return node
    if (atKey && index === path.length - 1) return key
    node = value ?? key
  }
  return node
}
