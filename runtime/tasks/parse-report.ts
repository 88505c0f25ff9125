// Reads what a run says of itself. The guest bundle has made it, but in an isolate with the plugin's code: hostile input.
// Invariant: numbers are in their range, texts are cut, and anything else is refused.

import { isTaskLevel } from '../../sdk/protocol/task-levels.ts'
import {
  MAX_LINE_TEXT,
  MAX_MESSAGE,
  MAX_REPORT_LINES,
  type ReportedLine,
  type TaskReply,
  type TaskReport,
} from '../../sdk/protocol/task-wire.ts'

/** Undefined for what our guest bundle would not have sent. */
export function parseReply(value: unknown): TaskReply | undefined {
  const reply = objectOf(value)
  const report = parseReport(reply?.report)
  if (reply === undefined || report === undefined) return undefined
  if (reply.ok === true) return { ok: true, value: reply.value ?? null, report }
  const error = objectOf(reply.error)
  if (reply.ok !== false || error === undefined) return undefined
  const { name, message, stack } = error
  if (typeof name !== 'string' || typeof message !== 'string' || typeof stack !== 'string') return undefined
  return { ok: false, error: { name, message, stack }, report }
}

export function parseReport(value: unknown): TaskReport | undefined {
  const report = objectOf(value)
  if (report === undefined) return undefined
  const { lines = [], dropped = 0, progress, worked = false, warning, failure } = report
  const read = Array.isArray(lines) && lines.length <= MAX_REPORT_LINES ? lines.map(parseLine) : [undefined]
  const known = read.filter((line) => line !== undefined)
  if (known.length !== read.length || !isCount(dropped) || typeof worked !== 'boolean') return undefined
  const step = progress === undefined ? undefined : parseProgress(progress)
  if (progress !== undefined && step === undefined) return undefined
  if (!isTextOrNone(warning) || !isTextOrNone(failure)) return undefined
  return {
    ...{ lines: known, dropped, worked },
    ...(step !== undefined && { progress: step }),
    ...(warning !== undefined && { warning: warning.slice(0, MAX_MESSAGE) }),
    ...(failure !== undefined && { failure: failure.slice(0, MAX_MESSAGE) }),
  }
}

function parseLine(value: unknown): ReportedLine | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined
  const [level, text, timeMs]: unknown[] = value
  if (!isTaskLevel(level) || typeof text !== 'string' || !isCount(timeMs)) return undefined
  return [level, text.slice(0, MAX_LINE_TEXT), timeMs]
}

function parseProgress(value: unknown): TaskReport['progress'] {
  const { fraction, part = null, message = null } = objectOf(value) ?? {}
  if (!isFraction(fraction) || (part !== null && !isFraction(part))) return undefined
  if (message !== null && typeof message !== 'string') return undefined
  return { fraction, part, message: message?.slice(0, MAX_MESSAGE) ?? null }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
}

function isFraction(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isTextOrNone(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}
