// What the template process answers, checked: it runs hostile templates, and may have been taken over.
// Invariant: a result has the shape that the call has, or is undefined.

import type { JsonValue, PointUse, TemplateProblem } from './format/engine-calls.ts'

export interface RenderedText {
  readonly path: string
  readonly text: string
  readonly problems: readonly TemplateProblem[]
}

export function renderReplyOf(
  head: string,
  { body, wanted }: { readonly body: Uint8Array | undefined; readonly wanted: readonly string[] },
): { readonly files: readonly RenderedText[]; readonly broken: boolean } | undefined {
  const { files, broken } = recordOf(parsed(head))
  if (!Array.isArray(files) || files.length === 0 || files.length > wanted.length) return undefined
  const bytes = Buffer.from(body ?? [])
  const found: RenderedText[] = []
  let at = 0
  for (const [index, each] of files.entries()) {
    const { path, bytes: size, problems } = recordOf(each)
    if (
      typeof path !== 'string' ||
      path !== wanted[index] ||
      !isCount(size) ||
      at + size > bytes.length ||
      !isProblems(problems)
    )
      return undefined
    found.push({ path, text: bytes.toString('utf8', at, at + size), problems })
    at += size
  }
  return at === bytes.length ? { files: found, broken: broken === true } : undefined
}

export function valuesReplyOf(
  head: string,
  body: Uint8Array | undefined,
):
  | {
      readonly rendered: Readonly<Record<string, JsonValue>>
      readonly problems: readonly TemplateProblem[]
      readonly broken: boolean
    }
  | undefined {
  const { problems, broken } = recordOf(parsed(head))
  const rendered = parsed(Buffer.from(body ?? []).toString())
  if (!isProblems(problems) || !isRecord(rendered)) return undefined
  // It comes from JSON.
  return { rendered: rendered as Readonly<Record<string, JsonValue>>, problems, broken: broken === true }
}

export function pointsOf(head: string): readonly PointUse[] | undefined {
  const points = parsed(head)
  return Array.isArray(points) && points.every(isPointUse) ? points : undefined
}

function isPointUse(value: unknown): value is PointUse {
  const { point, file, patch, plugin, line } = recordOf(value)
  return typeof point === 'string' && isCount(line) && [file, patch, plugin].every(isOptionalText)
}

function isProblems(value: unknown): value is readonly TemplateProblem[] {
  return Array.isArray(value) && value.every(isProblem)
}

function isProblem(value: unknown): value is TemplateProblem {
  const { message, file, owner, patch, key, line } = recordOf(value)
  return (
    typeof message === 'string' &&
    [file, owner, patch, key].every(isOptionalText) &&
    (line === undefined || isCount(line))
  )
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {}
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
